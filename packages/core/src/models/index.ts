export { knownModel } from './catalogue.js';
export {
  chooseProvider,
  type ModelChoice,
  providerKeys,
  type ProviderSettings,
  resolveModel,
} from './choose-provider.js';
export {
  createModelClient,
  type ModelCallOptions,
  type ModelClient,
  type ModelEndpoint,
  type ModelProgress,
} from './model-client.js';
export { chooseUpstream, type ModelUpstream } from './choose-upstream.js';
export { likelyTokens } from './estimate-usage.js';
export { likelyInputTokens, worstCaseInputTokens } from './worst-case-cost.js';
export { upstreamRefOf } from './upstream-ref.js';
export { modelFailureOf, modelFailureOfStatus } from './model-failure.js';
export { isRefusedByProvider } from './refused-by-provider.js';
