/**
 * Tools may come in namespaces (https://developers.openai.com/api/docs/guides/tools): Codex sends those of MCP servers so.
 * Scripts name them `namespace.name`; neither part has a dot.
 */
export function joinName(namespace: string | null | undefined, name: string): string {
  return namespace ? `${namespace}.${name}` : name;
}

/** The members of a call that name its tool. */
export function splitName(joined: string): { name: string; namespace?: string } {
  const dot = joined.indexOf('.');
  return dot === -1 ? { name: joined } : { namespace: joined.slice(0, dot), name: joined.slice(dot + 1) };
}
