import { firstWords } from '@fermata/contracts/redaction';

/** A line as agents are shown it, with its number; cut, and told so, where it is longer than any line should be. */
export function numberedLine(number: number, line: string, longest: number): string {
  return `${String(number).padStart(6)}\t${cutLine(line, longest)}`;
}

/** A line, or its beginning and how much more there is. */
export function cutLine(line: string, longest: number): string {
  if (line.length <= longest) return line;
  const kept = firstWords(line, longest);
  return `${kept} [... ${line.length - kept.length} more characters]`;
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
