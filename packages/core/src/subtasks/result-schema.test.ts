import type { Json, JsonObject } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { problemsOfData, problemsOfSchema } from './result-schema.js';

const files: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    files: { type: 'array', items: { type: 'string' }, minItems: 1 },
    // Names that are keywords elsewhere.
    pattern: { type: 'string' },
    id: { type: 'integer', format: 'int32' },
  },
  required: ['files'],
  additionalProperties: false,
};

describe('a schema that a model gives', () => {
  it('is taken when data can be checked against it, whatever dialect it names', () => {
    const words = [{ enum: ['$ref', 'pattern'] }, { dependentRequired: { id: ['files'] } }];
    for (const schema of [files, {}, ...words, { type: ['string', 'null'], unknownWord: 1 }])
      expect(problemsOfSchema(schema)).toEqual([]);
  });

  it.each([
    [
      'a type that there is not',
      { type: 'object', properties: { a: { type: 'banana' } } },
      /^resultSchema\.properties\.a\.type: /,
    ],
    ['a word for a list', { type: 'object', required: 'a' }, /^resultSchema\.required: must be array/],
    [
      'a reference',
      { properties: { a: { $ref: 'https://example.com/a.json' } } },
      /^resultSchema: \$ref cannot be used/,
    ],
    ['a pattern', { anyOf: [{ pattern: '(a+)+$' }] }, /^resultSchema: pattern cannot be used/],
    ['patterns of names', { patternProperties: { '(a+)+$': {} } }, /^resultSchema: patternProperties cannot be used/],
    ['a promise', { $async: true }, /^resultSchema: \$async cannot be used/],
    ['too many words', { description: 'x'.repeat(4_000) }, /^resultSchema: 40\d\d characters of JSON, 4000 at most/],
  ])('is refused with %s', (_what, schema, problem) => {
    expect(problemsOfSchema(schema)[0]).toMatch(problem);
  });
});

describe('data', () => {
  it('is taken when it is as the schema says', () => {
    expect(problemsOfData(files, { files: ['a.ts'], id: 1 })).toEqual([]);
    expect(problemsOfData({ type: 'integer' }, 3)).toEqual([]);
    expect(problemsOfData({}, null)).toEqual([]);
  });

  it.each([
    ['nothing', undefined, ['data: it is missing']],
    ['another shape', [], ['data: must be object']],
    [
      'several faults',
      { files: [3], more: 1 },
      ['data: must NOT have additional properties (more)', 'data.files.0: must be string'],
    ],
    ['too much', { files: ['x'.repeat(20_000)] }, [expect.stringMatching(/^data: 200\d\d characters of JSON, 20000/)]],
  ] as const)('that is %s is refused, each fault with its place', (_what, data, problems) => {
    expect(problemsOfData(files, data as Json | undefined)).toEqual(problems);
  });
});
