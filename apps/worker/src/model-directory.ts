import { readFileSync } from 'node:fs';
import type { ActivityDeps, CallableModel, WorkspaceProviders } from '@fermata/activities';
import type { CatalogueModel } from '@fermata/contracts/models';
import { loadCatalogue } from '@fermata/contracts/schemas';
import { createModelClient, type ProviderSettings, resolveModel, upstreamRefOf } from '@fermata/core/models';
import type { WorkerConfig } from './config.js';

/**
 * The models that are known here: ours, and the user's.
 * @throws DomainError `invalid_input` for a models file that cannot be used
 */
export function catalogueOf({
  FERMATA_MODELS_FILE: file,
  FERMATA_HOME: home,
}: WorkerConfig): readonly CatalogueModel[] {
  return loadCatalogue({ file, home }, readIfThere);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Where providers are and whose keys are used, from the environment. */
export function providerSettings(config: WorkerConfig, catalogue: readonly CatalogueModel[]): ProviderSettings {
  return {
    catalogue,
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

/** Models by name, each with a client of its own, kept for as long as the settings are that it was made from. */
export function createModelDirectory(providersFor: WorkspaceProviders): ActivityDeps['modelNamed'] {
  const made = new WeakMap<ProviderSettings, Map<string, CallableModel>>();
  return async function modelNamed(name, workspaceId) {
    const settings = await providersFor(workspaceId, name);
    const models = made.get(settings) ?? new Map<string, CallableModel>();
    made.set(settings, models);
    const known = models.get(name);
    if (known) return known;
    const { endpoint, model: facts } = resolveModel(name, settings);
    const model = { name, facts, client: createModelClient(endpoint), upstream: upstreamRefOf(facts, endpoint) };
    models.set(name, model);
    return model;
  };
}
