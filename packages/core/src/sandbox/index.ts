export { type ContainmentReport, detectContainment, type Enforcement, notContained } from './detect-containment.js';
export { createSandboxes, type Place, type Sandboxes, type SandboxesOptions, withoutSandboxes } from './sandboxes.js';
