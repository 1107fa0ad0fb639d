/** A page of a list: `after` is the key of the last row that the reader has. */
export interface PageRequest {
  first: number;
  after: string | null;
}

export interface Page<Row> {
  rows: Row[];
  hasNextPage: boolean;
}

/** Cuts a list that was asked for one row more than a page has. */
export function pageOf<Row>(rows: readonly Row[], first: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

/** Newest first, by id: ids sort by the time they were minted. */
export function newestFirst({ first, after }: PageRequest) {
  return { where: after === null ? {} : { id: { lt: after } }, orderBy: { id: 'desc' }, take: first + 1 } as const;
}

/** Oldest first, by id. */
export function oldestFirst({ first, after }: PageRequest) {
  return { where: after === null ? {} : { id: { gt: after } }, orderBy: { id: 'asc' }, take: first + 1 } as const;
}
