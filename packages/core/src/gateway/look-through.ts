import type { JsonObject } from '@fermata/contracts';
import { isObject, textAt } from './dialects/json-members.js';

/** What a request holds, wherever it stands, that makes it dearer than its bytes. */
export interface RequestContents {
  /** The member that stands for something the provider has or fetches, such as a picture's address; null without one. */
  elsewhere: string | null;
  /** Something is to be kept in the cache for longer than the five minutes of the price. */
  longCache: boolean;
}

/** State that the provider keeps. Only at the top: deeper down these are words of tools. */
const keptByProvider = [
  'previous_response_id',
  'conversation',
  'prompt',
  'cachedContent',
  'cached_content',
  'container',
];

/** The words of tools: nothing in them is fetched. */
const wordsOfTools = new Set(['input_schema', 'parameters', 'parametersJsonSchema', 'parameters_json_schema', 'args']);

/** Searches the whole request; not by recursion, which a deep one would exhaust. */
export function lookThrough(body: JsonObject): RequestContents {
  const kept = keptByProvider.find((name) => (body[name] ?? null) !== null);
  const found: RequestContents = { elsewhere: kept ?? null, longCache: false };
  const open: unknown[] = [body];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (Array.isArray(value)) open.push(...(value as unknown[]).filter(isNested));
    if (isObject(value)) open.push(...lookAt(value, found));
  }
  return found;
}

/** Notes what the members of one object say, and returns those to be searched next. */
function lookAt(value: JsonObject, found: RequestContents): unknown[] {
  const isCall = textAt(value, 'type') === 'tool_use';
  return Object.entries(value).flatMap(([name, member]) => {
    if (wordsOfTools.has(name) || (isCall && name === 'input')) return [];
    if (isReference(name, member)) found.elsewhere ??= name;
    if (name === 'cache_control' && (textAt(member, 'ttl') ?? '5m') !== '5m') found.longCache = true;
    return isNested(member) ? [member] : [];
  });
}

function isReference(name: string, member: unknown): boolean {
  switch (name) {
    case 'file_id':
    case 'file_url':
      return typeof member === 'string';
    case 'fileData':
    case 'file_data':
      return isObject(member);
    case 'source':
      return ['url', 'file'].includes(textAt(member, 'type') ?? '');
    case 'image_url': {
      const address = typeof member === 'string' ? member : textAt(member, 'url');
      return address !== null && !address.startsWith('data:');
    }
    default:
      return false;
  }
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
