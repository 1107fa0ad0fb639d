import type { CallableModel } from '@fermata/activities';
import { createModelClient, type ProviderSettings, resolveModel } from '@fermata/core/models';
import type { WorkerConfig } from './config.js';

/** Where providers are and whose keys are used, from the environment. */
export function providerSettings(config: WorkerConfig): ProviderSettings {
  return {
    anthropicApiKey: config.ANTHROPIC_API_KEY,
    anthropicBaseUrl: config.ANTHROPIC_BASE_URL,
    openaiApiKey: config.OPENAI_API_KEY,
    openaiBaseUrl: config.OPENAI_BASE_URL,
    openaiProtocol: config.OPENAI_PROTOCOL,
    geminiApiKey: config.GEMINI_API_KEY,
    geminiBaseUrl: config.GEMINI_BASE_URL,
    model: config.FERMATA_MODEL,
  };
}

/** Models by name, each with a client of its own that is made once. */
export function createModelDirectory(config: WorkerConfig): (name: string) => CallableModel {
  const made = new Map<string, CallableModel>();
  const settings = providerSettings(config);
  return function modelNamed(name) {
    const known = made.get(name);
    if (known) return known;
    const { endpoint, model: facts } = resolveModel(name, settings);
    const model = { name, facts, client: createModelClient(endpoint) };
    made.set(name, model);
    return model;
  };
}
