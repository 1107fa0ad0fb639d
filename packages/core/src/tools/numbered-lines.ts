/** A line as agents are shown it, with its number; cut, and told so, where it is longer than any line should be. */
export function numberedLine(number: number, line: string, longest: number): string {
  const cut = line.length > longest;
  const text = cut ? `${line.slice(0, longest)} [... ${line.length - longest} more characters]` : line;
  return `${String(number).padStart(6)}\t${text}`;
}

/** As many lines as fit, but one at least. */
export function fittingLines(lines: readonly string[], capBytes: number): string[] {
  let bytes = 0;
  const end = lines.findIndex((line, index) => {
    bytes += Buffer.byteLength(line) + 1;
    return index > 0 && bytes > capBytes;
  });
  return end === -1 ? [...lines] : lines.slice(0, end);
}
