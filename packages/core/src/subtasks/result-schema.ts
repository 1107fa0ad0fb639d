import { isPlainObject, type Json, type JsonObject } from '@fermata/contracts';
import { Ajv, type ErrorObject } from 'ajv';

/** Characters of JSON that a schema may have, and the data that is checked against it. */
const maxSchemaCharacters = 4_000;
const maxDataCharacters = 20_000;
const shownProblems = 20;

/** What refers to elsewhere, and patterns: one that a model makes up may take for ever on a text that fits it badly. */
const refusedKeywords = ['$ref', '$dynamicRef', '$recursiveRef', '$id', 'id', '$async', 'pattern', 'patternProperties'];
/** Their members are named by whoever wrote the schema: the names are no keywords. */
const named = ['properties', '$defs', 'definitions', 'dependentSchemas', 'dependentRequired', 'dependencies'];
/** Values, not schemas. */
const values = ['enum', 'const', 'default', 'examples'];

/** What is wrong with a JSON Schema that a model gives, as sentences for it; nothing: data can be checked against it. */
export function problemsOfSchema(schema: JsonObject): string[] {
  const { length } = JSON.stringify(schema);
  if (length > maxSchemaCharacters)
    return [`resultSchema: ${length} characters of JSON, ${maxSchemaCharacters} at most: ask for less at once`];
  const refused = [...new Set(keywordsIn(schema))].filter((keyword) => refusedKeywords.includes(keyword));
  if (refused.length > 0) return refused.map((keyword) => `resultSchema: ${keyword} cannot be used here`);
  const ajv = newValidator();
  if (ajv.validateSchema(plain(schema)) !== true) return sentences('resultSchema', ajv.errors ?? []);
  try {
    ajv.compile(plain(schema));
    return [];
  } catch (error) {
    return [`resultSchema: ${error instanceof Error ? error.message : 'is not valid'}`];
  }
}

/** What is wrong with data that must satisfy a schema without problems. */
export function problemsOfData(schema: JsonObject, data: Json | undefined): string[] {
  if (data === undefined) return ['data: it is missing'];
  const { length } = JSON.stringify(data);
  if (length > maxDataCharacters) return [`data: ${length} characters of JSON, ${maxDataCharacters} at most`];
  const ajv = newValidator();
  return ajv.validate(plain(schema), data) ? [] : sentences('data', ajv.errors ?? []);
}

/** One for each schema: it would keep what it has compiled. */
const newValidator = (): Ajv => new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });

/** Without the dialect: models name one or the other and mean what all of them have in common. */
function plain({ $schema: _dialect, ...schema }: JsonObject): JsonObject {
  return schema;
}

function keywordsIn(schema: Json): string[] {
  if (Array.isArray(schema)) return (schema as readonly Json[]).flatMap(keywordsIn);
  if (!isPlainObject(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (values.includes(keyword)) return [keyword];
    const below = named.includes(keyword) ? Object.values((value ?? {}) as JsonObject) : [value];
    return [keyword, ...below.flatMap(keywordsIn)];
  });
}

function sentences(what: string, errors: readonly ErrorObject[]): string[] {
  return errors.slice(0, shownProblems).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty']).slice(0, 100)})` : '';
    return `${what}${instancePath.replaceAll('/', '.')}: ${message ?? 'is not valid'}${extra}`;
  });
}
