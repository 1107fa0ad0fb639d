import type { initGraphQLTada } from 'gql.tada';
import type { Json } from '@fermata/contracts';
import type { introspection } from './generated.js';

type Graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; Cursor: string; MicroUsd: number; JSON: Json };
  disableMasking: true;
}>;

/** What a document is when the command runs: its text and the texts of its fragments, each once. */
interface DocumentText {
  parts: ReadonlySet<string>;
}

function compose(text: string, fragments: readonly DocumentText[] = []): DocumentText {
  return { parts: new Set([text, ...fragments.flatMap(({ parts }) => [...parts])]) };
}

/**
 * Writes a document of the API, typed by gql.tada from the committed schema. Types are all that gql.tada gives: the text
 * goes to the server as it is, so nothing is parsed when the command starts.
 */
export const graphql = compose as unknown as Graphql;

/** The text of a document made by `graphql`, with its fragments. */
export function textOf(document: unknown): string {
  return [...(document as DocumentText).parts].join('\n');
}
