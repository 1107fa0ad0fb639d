import { catalogueData } from './catalogue-data.js';
import type { ModelTraits } from './conversation.js';
import type { ModelPrice } from './price.js';

/** What must be known of a model before money can be reserved for it. */
export interface CatalogueModel extends ModelTraits {
  name: string;
  /** Whose key and address it takes. `scripted` is our own server for demos and tests. */
  provider: 'anthropic' | 'openai' | 'gemini' | 'scripted';
  /** Tokens of prompt and answer together for which `price` holds. */
  contextWindow: number;
  maxOutputTokens: number;
  price: ModelPrice;
  /** Where the price was read. */
  source: string;
  /** ISO date on which it was read; a user need not say. */
  asOf?: string | undefined;
  note?: string;
}

/** The models whose limits and prices we ship; `loadCatalogue` has the user's as well. */
export const catalogue: readonly CatalogueModel[] = catalogueData;

/** The model of that name, or the one of which the name is a dated snapshot (`gpt-5-2025-08-07`); null when unknown. */
export function findModel(name: string, models: readonly CatalogueModel[] = catalogue): CatalogueModel | null {
  const undated = name.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '');
  return models.find((model) => model.name === name) ?? models.find((model) => model.name === undated) ?? null;
}
