import { calledAs } from '../called-as.js';
import type { Environment } from '../config.js';

/** What is set for model providers: names only, never values. */
export interface ModelSetUp {
  /** The variables that let a model be called. */
  found: string[];
  /** The model that was asked for by name. */
  model: string | null;
}

const keys = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'] as const;

/** Of stored secrets, by name, those that let a model be called. */
export const storedKeys = (secrets: readonly { name: string }[]): string[] =>
  keys.filter((key) => secrets.some(({ name }) => name === key));

const addresses = ['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL'] as const;

export function modelSetUp(environment: Environment): ModelSetUp {
  const isSet = (name: string) => Boolean(environment[name]?.trim());
  const model = environment['FERMATA_MODEL']?.trim() || null;
  // The scripted model needs an address and no key.
  const usable = model === 'scripted' ? [...keys, ...addresses] : keys;
  return { found: usable.filter(isSet), model };
}

export const modelHint =
  'No model can be called yet: set ANTHROPIC_API_KEY or OPENAI_API_KEY (OPENAI_BASE_URL for a compatible server) and start again, ' +
  `or store a key: \`${calledAs} secret set ANTHROPIC_API_KEY\`.`;
