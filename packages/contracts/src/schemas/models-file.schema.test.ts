import { describe, expect, it } from 'vitest';
import { catalogue, findModel } from '../models/catalogue.js';
import { loadCatalogue, parseModelsFile } from './models-file.schema.js';

const own = { name: 'qwen3-coder', provider: 'openai', contextWindow: 262_144, maxOutputTokens: 65_536 };
const price = { input: 0.45, output: 1.8 };
const parse = (models: unknown): ReturnType<typeof parseModelsFile> =>
  parseModelsFile(JSON.stringify({ models }), '/home/models.json');

describe('a file of models', () => {
  it('adds one whose price is stated in dollars for a million tokens, and takes what the cache costs for fresh input', () => {
    expect(parse([{ ...own, price }])).toEqual([
      {
        ...own,
        ...{ reasoning: false, forcedToolUse: false, source: 'your models file' },
        price: {
          ...{ inputPerMillion: 450_000, outputPerMillion: 1_800_000 },
          ...{ cacheReadPerMillion: 450_000, cacheWritePerMillion: 450_000 },
        },
      },
    ]);
  });

  it('states another price of one of ours, which keeps its limits and is no longer said to be read at its provider', () => {
    const [model] = parse([{ name: 'claude-haiku-4-5', price: { ...price, cacheRead: 0.05, cacheWrite: 0.5 } }]);
    const ours = findModel('claude-haiku-4-5');
    expect(model).toMatchObject({ contextWindow: ours?.contextWindow, reasoning: true, source: 'your models file' });
    expect(model?.price).toMatchObject({ inputPerMillion: 450_000, cacheReadPerMillion: 50_000 });
    expect(model?.asOf).toBeUndefined();
    expect(
      findModel('claude-haiku-4-5', [...parse([{ name: 'claude-haiku-4-5', price }]), ...catalogue])?.price,
    ).toMatchObject({ outputPerMillion: 1_800_000 });
  });

  it('names every entry that cannot be used, and the way out', () => {
    const wrong = [
      { name: 'a-model', price },
      { ...own, price: { input: -1, output: 'much' } },
      { ...own, name: 'small', contextWindow: 10, maxOutputTokens: 10, price },
      { ...own, name: 'typo', price, contextWidow: 5 },
      { ...own, name: 'fine-grained', price: { input: 0.1234567, output: 1 } },
      'qwen',
    ];
    const said = String(catchError(() => parse(wrong)));
    expect(said).toContain('/home/models.json');
    for (const part of [
      'models[0] (a-model): it is none of ours, so state its provider, contextWindow, maxOutputTokens',
      'models[1] (qwen3-coder).price.input',
      'models[1] (qwen3-coder).price.output: must be a number of US dollars',
      'models[2] (small): contextWindow must be larger',
      'models[3] (typo)',
      'contextWidow',
      'models[4] (fine-grained).price.input: has more than six decimal places',
      'models[5]',
      'docs/guides/models.md',
    ])
      expect(said).toContain(part);
  });

  it.each([
    ['is no JSON', '{'],
    ['must be { "models"', '[]'],
    ['"qwen3-coder" is stated twice', JSON.stringify({ models: [own, own].map((each) => ({ ...each, price })) })],
  ])('that %s is refused', (why, text) => {
    expect(String(catchError(() => parseModelsFile(text, 'm.json')))).toContain(why);
  });
});

describe('the catalogue of an installation', () => {
  const files: Readonly<Record<string, string>> = {
    '/home/models.json': JSON.stringify({ models: [{ ...own, price }] }),
    '/etc/models.json': JSON.stringify({ models: [] }),
  };
  const load = (places: Parameters<typeof loadCatalogue>[0]) => loadCatalogue(places, (path) => files[path] ?? null);

  it('has what models.json of its home adds, before ours', () => {
    expect(load({ home: '/home/' })[0]?.name).toBe('qwen3-coder');
    expect(load({ home: '/elsewhere' })).toBe(catalogue);
    expect(load({})).toBe(catalogue);
  });

  it('goes by the file that is named, which must be there', () => {
    expect(load({ home: '/home', file: '/etc/models.json' })).toEqual(catalogue);
    expect(() => load({ file: '/nowhere.json' })).toThrow(/nowhere\.json.*FERMATA_MODELS_FILE/);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
