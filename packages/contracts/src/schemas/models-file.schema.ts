import { z } from 'zod';
import { DomainError } from '../errors.js';
import { catalogue, type CatalogueModel } from '../models/catalogue.js';
import { type MicroUsd, microsPerUsd } from '../money.js';

/** Dollars for a million tokens, as providers print them; a micro-USD is the smallest step that is kept. */
const rate = z
  .number('must be a number of US dollars for a million tokens')
  .min(0)
  .max(100_000)
  .refine((usd) => Math.abs(usd * microsPerUsd - toMicros(usd)) < 1e-6, 'has more than six decimal places');

const tokens = z.number().int('must be a whole number of tokens').min(1).max(100_000_000);

const statedModel = z.strictObject({
  name: z.string().trim().min(1).max(200),
  provider: z.enum(['anthropic', 'openai', 'gemini', 'scripted']).optional(),
  contextWindow: tokens.optional(),
  maxOutputTokens: tokens.optional(),
  price: z
    .strictObject({ input: rate, output: rate, cacheRead: rate.optional(), cacheWrite: rate.optional() })
    .optional(),
  reasoning: z.boolean().optional(),
  forcedToolUse: z.boolean().optional(),
  source: z.string().max(2_000).optional(),
  asOf: z.iso.date('must be a day, such as 2026-11-27').optional(),
  note: z.string().max(2_000).optional(),
});

type StatedModel = z.infer<typeof statedModel>;

const needed = ['provider', 'contextWindow', 'maxOutputTokens', 'price'] as const;

const modelsFile = z.strictObject({ models: z.array(z.unknown()).max(1_000) });

/**
 * The models that a file of the user states: new ones whole, known ones with what differs.
 * @param path for the message
 * @throws DomainError `invalid_input`, naming every entry that cannot be used
 */
export function parseModelsFile(text: string, path: string): CatalogueModel[] {
  const whole = modelsFile.safeParse(parseJson(text, path));
  if (!whole.success) throw unusable(path, ['it must be { "models": [ … ] }']);
  const read = whole.data.models.map(readEntry);
  const problems = [...read.flatMap((entry) => entry.problems), ...repeated(read.flatMap(({ model }) => model ?? []))];
  if (problems.length > 0) throw unusable(path, problems);
  return read.flatMap(({ model }) => model ?? []);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable(path, ['it is no JSON']);
  }
}

interface ReadEntry {
  model: CatalogueModel | null;
  problems: string[];
}

function readEntry(entry: unknown, index: number): ReadEntry {
  const parsed = statedModel.safeParse(entry);
  const at = `models[${index}]${nameOf(entry)}`;
  if (!parsed.success) {
    return {
      model: null,
      problems: parsed.error.issues.map(({ path, message }) => [at, ...path].join('.') + `: ${message}`),
    };
  }
  const known = catalogue.find(({ name }) => name === parsed.data.name);
  const missing = known ? [] : needed.filter((key) => parsed.data[key] === undefined);
  if (missing.length > 0) {
    return { model: null, problems: [`${at}: it is none of ours, so state its ${missing.join(', ')}`] };
  }
  return checked(merged(parsed.data, known), at);
}

function checked(model: CatalogueModel, at: string): ReadEntry {
  if (model.contextWindow > model.maxOutputTokens) return { model, problems: [] };
  return { model: null, problems: [`${at}: contextWindow must be larger than maxOutputTokens`] };
}

function nameOf(entry: unknown): string {
  const name = typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined;
  return typeof name === 'string' ? ` (${name.slice(0, 200)})` : '';
}

/** What is not stated of a new model is taken at its dearest or most cautious. */
const unstated = { reasoning: false, forcedToolUse: false, source: 'your models file' } as const;

function merged({ price, ...stated }: StatedModel, known: CatalogueModel | undefined): CatalogueModel {
  const given = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
  const own = price && {
    inputPerMillion: toMicros(price.input),
    outputPerMillion: toMicros(price.output),
    cacheReadPerMillion: toMicros(price.cacheRead ?? price.input),
    cacheWritePerMillion: toMicros(price.cacheWrite ?? price.input),
  };
  const before = known && price ? { ...known, source: unstated.source, asOf: undefined } : known;
  return {
    ...unstated,
    ...before,
    ...given,
    ...(own && { price: own }),
  } as CatalogueModel;
}

function toMicros(usd: number): MicroUsd {
  return Math.round(usd * microsPerUsd);
}

function repeated(models: readonly CatalogueModel[]): string[] {
  const names = models.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))].map(
    (name) => `"${name}" is stated twice`,
  );
}

function unusable(path: string, problems: readonly string[]): DomainError {
  const message = `The models in ${path} cannot be used. ${problems.join('; ')}. Put the file right (docs/guides/models.md shows one) or take it away.`;
  return new DomainError('invalid_input', message, { path, problems: [...problems] });
}

/** Where a user's models may be stated. Neither: only ours are known. */
export interface ModelsFilePlaces {
  /** `FERMATA_MODELS_FILE`: it must be there. */
  file?: string | undefined;
  /** `FERMATA_HOME`, with or without a `models.json`. */
  home?: string | undefined;
}

/**
 * Every model whose limits and prices are known: the user's first, so that what they state of one of ours holds.
 * @param readText null when there is no such file
 * @throws DomainError `invalid_input`
 */
export function loadCatalogue(
  { file, home }: ModelsFilePlaces,
  readText: (path: string) => string | null,
): readonly CatalogueModel[] {
  const path = file ?? (home === undefined ? undefined : `${home.replace(/\/+$/, '')}/models.json`);
  if (path === undefined) return catalogue;
  const text = readText(path);
  if (text !== null) return [...parseModelsFile(text, path), ...catalogue];
  if (file === undefined) return catalogue;
  throw unusable(path, ['there is no such file (FERMATA_MODELS_FILE)']);
}
