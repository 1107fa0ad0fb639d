export interface Page<Item> {
  nodes: readonly Item[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export const pageSize = 50;

/** Items of a list, page by page, until the list or the limit ends. */
export async function collectPages<Item>(
  read: (page: { first: number; after: string | null }) => Promise<Page<Item>>,
  limit = Infinity,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  while (items.length < limit) {
    const { nodes, pageInfo }: Page<Item> = await read({ first: Math.min(pageSize, limit - items.length), after });
    items.push(...nodes);
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) break;
    after = pageInfo.endCursor;
  }
  return items;
}
