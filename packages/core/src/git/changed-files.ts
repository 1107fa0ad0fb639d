export type ChangeStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'type_changed' | 'unmerged';

export interface ChangedFile {
  path: string;
  /** Of a renamed file: what it was called. */
  from?: string;
  status: ChangeStatus;
  /** Lines; 0 for a binary file. */
  additions: number;
  deletions: number;
  binary: boolean;
}

const statuses: Readonly<Record<string, ChangeStatus>> = {
  A: 'added',
  C: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  T: 'type_changed',
  U: 'unmerged',
};

/**
 * Reads `git diff --raw --numstat -z`: first a `:modes ids status` record for each file, then its counts.
 * @param fields - the NUL-separated fields
 */
export function parseChangedFiles(fields: readonly string[]): ChangedFile[] {
  const files = new Map<string, ChangedFile>();
  const queue = [...fields];
  for (let field = queue.shift(); field !== undefined; field = queue.shift()) {
    if (field.startsWith(':')) addStatus(files, field, queue);
    else addCounts(files, field, queue);
  }
  return [...files.values()];
}

function addStatus(files: Map<string, ChangedFile>, record: string, queue: string[]): void {
  const letter = record.split(' ').at(-1)?.charAt(0) ?? '';
  const status = statuses[letter] ?? 'modified';
  const first = queue.shift() ?? '';
  const counts = { additions: 0, deletions: 0, binary: false };
  if (letter !== 'R' && letter !== 'C') files.set(first, { path: first, status, ...counts });
  else {
    const path = queue.shift() ?? '';
    files.set(path, { path, ...(letter === 'R' ? { from: first } : {}), status, ...counts });
  }
}

const countsRecord = /^(?<additions>\d+|-)\t(?<deletions>\d+|-)\t(?<path>.*)$/s;

/** `<additions>\t<deletions>\t<path>`, or with an empty path followed by the old and the new one. */
function addCounts(files: Map<string, ChangedFile>, record: string, queue: string[]): void {
  const { additions, deletions, path } = countsRecord.exec(record)?.groups ?? {};
  const renamed = path === '' ? queue.splice(0, 2)[1] : undefined;
  const file = files.get(renamed ?? path ?? '');
  if (!file) return;
  file.binary = additions === '-';
  file.additions = file.binary ? 0 : Number(additions);
  file.deletions = file.binary ? 0 : Number(deletions);
}
