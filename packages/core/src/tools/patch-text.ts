/** One place of a file that a patch changes: lines that stay or go, and what stands there afterwards. */
export interface Hunk {
  /** Lines that come before it, outermost first: `class A`, `run() {`. Empty when it is found by itself. */
  anchors: readonly string[];
  before: readonly string[];
  after: readonly string[];
  /** It reaches to the end of the file. */
  atEnd: boolean;
}

export type FilePatch =
  | { kind: 'add'; path: string; lines: readonly string[] }
  | { kind: 'delete'; path: string }
  | { kind: 'update'; path: string; moveTo: string | null; hunks: readonly Hunk[] };

export type ReadPatch = { ok: true; files: readonly FilePatch[] } | { ok: false; problem: string };

const header = /^\*\*\* (?<deed>Add|Delete|Update) File: (?<path>.+)$/;

/**
 * Reads a patch in the form that OpenAI's models are trained on: `*** Begin Patch`, then for each file `*** Add File: `,
 * `*** Delete File: ` or `*** Update File: ` (with `*** Move to: `), its hunks after `@@`, then `*** End Patch`.
 * Source: the grammar in openai/codex, `codex-rs/apply-patch/apply_patch_tool_instructions.md`.
 */
export function readPatch(text: string): ReadPatch {
  const lines = text.replaceAll('\r\n', '\n').trim().split('\n');
  if (lines[0]?.trim() !== '*** Begin Patch') return bad(1, 'the first line must be "*** Begin Patch"');
  if (lines.at(-1)?.trim() !== '*** End Patch') return bad(lines.length, 'the last line must be "*** End Patch"');
  const reader = new PatchReader(lines.slice(1, -1));
  return reader.read();
}

/** The files that a patch touches, the old and the new name of one that moves; none when it cannot be read. */
export function patchedPaths(text: string): string[] {
  const patch = readPatch(text);
  if (!patch.ok) return [];
  const paths = patch.files.flatMap((file) =>
    file.kind === 'update' && file.moveTo !== null ? [file.path, file.moveTo] : [file.path],
  );
  return [...new Set(paths)];
}

const bad = (line: number, problem: string): ReadPatch & { ok: false } => ({
  ok: false,
  problem: `line ${line} of the patch: ${problem}`,
});

class PatchReader {
  private at = 0;

  constructor(private readonly lines: readonly string[]) {}

  read(): ReadPatch {
    const files: FilePatch[] = [];
    while (this.at < this.lines.length) {
      const { deed, path } = header.exec(this.next())?.groups ?? {};
      const file = deed === undefined || path === undefined ? null : this.fileOf(deed, path.trim());
      if (file === null)
        return bad(this.at + 1, 'here must be "*** Add File: ", "*** Delete File: " or "*** Update File: "');
      if (typeof file === 'string') return bad(this.at + 1, file);
      files.push(file);
    }
    const paths = files.map((file) => file.path);
    const twice = paths.find((path, index) => paths.indexOf(path) !== index);
    if (twice !== undefined) return bad(1, `${twice} has two sections: put all its changes into one`);
    return files.length === 0 ? bad(2, 'it changes no file') : { ok: true, files };
  }

  /** A text is what is wrong with it. */
  private fileOf(deed: string, path: string): FilePatch | string {
    if (deed === 'Delete') return { kind: 'delete', path };
    return deed === 'Add' ? this.addedFile(path) : this.updatedFile(path);
  }

  private addedFile(path: string): FilePatch | string {
    const lines: string[] = [];
    for (let line = this.peek(); line !== undefined && !header.test(line); line = this.peek()) {
      if (!line.startsWith('+')) return `each line of the new file ${path} must begin with "+"`;
      lines.push(this.next().slice(1));
    }
    return { kind: 'add', path, lines };
  }

  private updatedFile(path: string): FilePatch | string {
    const moveTo = this.peek()?.startsWith('*** Move to: ') === true ? this.next().slice(13).trim() : null;
    const hunks: Hunk[] = [];
    for (let line = this.peek(); line !== undefined && !header.test(line); line = this.peek()) {
      const hunk = this.hunk();
      if (typeof hunk === 'string') return hunk;
      hunks.push(hunk);
    }
    if (hunks.length === 0 && moveTo === null) return `${path} is to be updated, but no change of it follows`;
    return { kind: 'update', path, moveTo, hunks };
  }

  private hunk(): Hunk | string {
    const anchors = this.anchors();
    const { before, after } = this.changedLines();
    const atEnd = this.peek() === '*** End of File';
    if (atEnd) this.at++;
    const following = this.peek();
    const isOver = following === undefined || following.startsWith('@@') || header.test(following);
    if (!isOver) return 'a line of a change must begin with a space (it stays), "-" (it goes) or "+" (it is new)';
    if (before.join('\n') === after.join('\n')) return 'the change changes nothing: it has neither "-" nor "+" lines';
    return { anchors, before, after, atEnd };
  }

  private anchors(): string[] {
    const anchors: string[] = [];
    while (this.peek()?.startsWith('@@') === true) {
      const anchor = this.next().slice(2).trim();
      if (anchor !== '') anchors.push(anchor);
    }
    return anchors;
  }

  private changedLines(): Pick<Hunk, 'before' | 'after'> {
    const [before, after]: [string[], string[]] = [[], []];
    for (let line = this.peek(); line !== undefined && /^[ +-]|^$/.test(line); line = this.peek()) {
      const [sign, rest] = [line.charAt(0), line.slice(1)];
      if (sign !== '+') before.push(rest);
      if (sign !== '-') after.push(rest);
      this.at++;
    }
    return { before, after };
  }

  private peek(): string | undefined {
    return this.lines[this.at];
  }

  private next(): string {
    return this.lines[this.at++] ?? '';
  }
}
