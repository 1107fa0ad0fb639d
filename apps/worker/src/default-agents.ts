import { chooseProvider, type ProviderSettings } from '@fermata/core/models';
import { defaultMaxWorkMs, defaultPolicy, isDomainError } from '@fermata/contracts';
import { type Database, listWorkspaces, repositoriesFor } from '@fermata/database';
import type { Logger } from 'pino';

const fallbackModel = 'claude-sonnet-5-5';

/**
 * Makes sure that every workspace has the agent `default`. A model named in the settings is taken on also by one that is
 * there; otherwise what people have saved stays.
 */
export async function ensureDefaultAgents(
  database: Database,
  providers: ProviderSettings,
  logger: Logger,
): Promise<void> {
  const model = modelToUse(providers, logger);
  const settings = {
    name: 'default',
    runtime: 'api',
    model,
    instructions: '',
    maxSteps: 200,
    maxWorkMs: defaultMaxWorkMs,
    maxOutputTokens: 16_000,
    policy: defaultPolicy,
    launch: null,
    mcpServers: [],
  } as const;
  for (const id of await listWorkspaces(database)) {
    const { agents } = repositoriesFor(database, id);
    const agent = await agents.ensureDefault(settings);
    if (providers.model && agent.model !== model) await agents.save({ ...agent, model }, { savedBy: 'fermata' });
  }
}

function modelToUse(providers: ProviderSettings, logger: Logger): string {
  try {
    return chooseProvider(providers).name;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    // Without a provider goals can be read and shown but not worked on; each run then says which key is missing.
    logger.warn({ code: error.code, reason: error.message }, 'no model can be called');
    return providers.model ?? fallbackModel;
  }
}
