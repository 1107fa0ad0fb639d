import { knownModel, providerKeys, type ProviderSettings } from '@fermata/core/models';
import { createSecretRepository, type Database, type SecretCipher } from '@fermata/database';

/**
 * The settings with which a workspace reaches a model.
 * @throws DomainError `model_unknown`; `secrets_unavailable` for a stored key that cannot be read here
 */
export type WorkspaceProviders = (workspaceId: string, model: string) => Promise<ProviderSettings>;

export interface WorkspaceProvidersOptions {
  database: Database;
  /** Those of this worker: a key that they have is used for every workspace. */
  settings: ProviderSettings;
  cipher: SecretCipher;
  /** How long what was looked up is used, and stays in memory. */
  keptMs?: number;
}

/** Half a minute: a key that was stored or replaced is soon used, without a look at the database for each call. */
const defaultKeptMs = 30_000;

/** Takes the key of a model's provider from the secrets of the workspace where this worker's environment has none. */
export function createWorkspaceProviders(options: WorkspaceProvidersOptions): WorkspaceProviders {
  const { database, settings, cipher, keptMs = defaultKeptMs } = options;
  const kept = new Map<string, Promise<ProviderSettings>>();

  async function lookUp(workspaceId: string, { setting, variable }: ProviderKey): Promise<ProviderSettings> {
    const key = await createSecretRepository(database, workspaceId, cipher).reveal(variable);
    return key === null ? settings : { ...settings, [setting]: key };
  }

  return async (workspaceId, model) => {
    const key = keyFor(model, settings);
    if (key === null) return settings;
    const place = `${workspaceId}/${key.variable}`;
    const known = kept.get(place);
    if (known) return known;
    const found = lookUp(workspaceId, key);
    kept.set(place, found);
    // Forgotten, not only out of date: a key stays no longer in memory than it is used.
    const forget = () => void (kept.get(place) === found && kept.delete(place));
    setTimeout(forget, keptMs).unref();
    found.catch(forget);
    return found;
  };
}

type ProviderKey = (typeof providerKeys)[keyof typeof providerKeys];

/** Null when the model needs none, or this worker has it. */
function keyFor(model: string, settings: ProviderSettings): ProviderKey | null {
  const { provider } = knownModel(model, settings.catalogue);
  if (provider === 'scripted') return null;
  const key = providerKeys[provider];
  return settings[key.setting]?.trim() ? null : key;
}
