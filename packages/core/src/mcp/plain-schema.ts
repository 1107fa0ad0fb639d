import type { Json, JsonObject } from '@fermata/contracts';

/** What all providers take as the name of an argument. */
const propertyName = /^[a-zA-Z0-9_.-]{1,64}$/;
const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
const numbers = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
const maxDepth = 10;
const maxNodes = 500;
const descriptionCharacters = 500;

/**
 * The schema of a stranger, in the part of JSON Schema that every provider takes: one keyword that a provider refuses would
 * fail each model call of a run. What is left out only makes it more lenient, and the server checks its arguments itself.
 */
export function plainSchema(schema: JsonObject): JsonObject {
  const { properties, required } = new Reader(schema).read(schema);
  return { type: 'object', properties: properties ?? {}, ...(required !== undefined && { required }) };
}

class Reader {
  private nodes = 0;

  constructor(private readonly root: JsonObject) {}

  read(given: Json | undefined, depth = 0): JsonObject {
    this.nodes += 1;
    if (!isObject(given) || depth > maxDepth || this.nodes > maxNodes) return {};
    const target = typeof given['$ref'] === 'string' ? this.resolve(given['$ref']) : null;
    if (target !== null) return { ...this.read(target, depth + 1), ...descriptionOf(given) };
    return {
      ...typeOf(given),
      ...descriptionOf(given),
      ...scalarsOf(given),
      ...this.membersOf(given, depth),
      ...this.alternativesOf(given, depth),
    };
  }

  private membersOf({ properties, required, items }: JsonObject, depth: number): JsonObject {
    const kept = isObject(properties) ? Object.entries(properties).filter(([name]) => propertyName.test(name)) : null;
    const names = new Set(kept?.map(([name]) => name));
    const needed = Array.isArray(required)
      ? required.filter((name) => typeof name === 'string' && names.has(name))
      : [];
    return {
      ...(kept && { properties: Object.fromEntries(kept.map(([name, one]) => [name, this.read(one, depth + 1)])) }),
      ...(needed.length > 0 && { required: [...new Set(needed)] }),
      ...(isObject(items) && { items: this.read(items, depth + 1) }),
    };
  }

  private alternativesOf({ anyOf, oneOf }: JsonObject, depth: number): JsonObject {
    const given = (Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : []) as Json[];
    return given.length === 0 ? {} : { anyOf: given.map((one) => this.read(one, depth + 1)) };
  }

  /** Only what stands in the same schema: nothing is fetched. */
  private resolve(reference: string): Json | null {
    if (!reference.startsWith('#/')) return null;
    let at: Json | undefined = this.root;
    for (const part of reference.slice(2).split('/')) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }
    return at ?? null;
  }
}

function typeOf({ type, items, properties }: JsonObject): JsonObject {
  const known = (Array.isArray(type) ? type : [type]).filter((one) => types.includes(one as string));
  if (known.length === 0) return isObject(properties) ? { type: 'object' } : {};
  // An array without items is refused by some.
  const withItems = known.includes('array') && !isObject(items) ? { items: {} } : {};
  return { type: known.length === 1 ? (known[0] as string) : [...new Set(known)], ...withItems };
}

function descriptionOf({ description }: JsonObject): JsonObject {
  return typeof description === 'string' ? { description: description.slice(0, descriptionCharacters) } : {};
}

function scalarsOf(schema: JsonObject): JsonObject {
  const { enum: given, const: only } = schema;
  const values = Array.isArray(given) ? given.filter(isScalar) : isScalar(only) ? [only] : [];
  const limits = numbers.flatMap((name) => (Number.isFinite(schema[name]) ? [[name, schema[name]]] : []));
  return { ...(values.length > 0 && { enum: [...new Set(values)] }), ...(Object.fromEntries(limits) as JsonObject) };
}

function isScalar(value: Json | undefined): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
