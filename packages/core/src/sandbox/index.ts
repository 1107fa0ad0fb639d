export { type AddressKind, kindOfAddress } from './address-kinds.js';
export { type ContainmentReport, detectContainment, type Enforcement, notContained } from './detect-containment.js';
export { type HostRule, parseHosts } from './host-rules.js';
export { registryHosts } from './package-registries.js';
export { createSandboxes, type Place, type Sandboxes, type SandboxesOptions, withoutSandboxes } from './sandboxes.js';
export { upstreamProxyOf } from './upstream-proxy.js';
