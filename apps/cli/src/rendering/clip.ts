import { stripVTControlCharacters } from 'node:util';

// Control characters but the line feed; and those that change the direction of text, which can make one command look like
// another.
const dangerous = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text of others made safe for a terminal: no colours, no cursor movements, tabs as spaces. */
export function harmless(text: string): string {
  const expanded = text.replaceAll('\r\n', '\n').replaceAll('\t', '  ');
  return stripVTControlCharacters(expanded).replace(dangerous, '');
}

/** The first line, cut to `width` with an ellipsis. */
export function clip(text: string, width: number): string {
  const line = harmless(text).trim().split('\n')[0] ?? '';
  const characters = [...line];
  if (characters.length <= width) return line;
  return width <= 1
    ? '…'.slice(0, width)
    : `${characters
        .slice(0, width - 1)
        .join('')
        .trimEnd()}…`;
}

/** Text in lines of at most `width` columns, broken at spaces, each after `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  const room = Math.max(20, width - indent.length);
  return harmless(text)
    .trimEnd()
    .split('\n')
    .flatMap((line) => wrapLine(line, room))
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

function wrapLine(line: string, room: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room);
    const end = space > 0 ? space : room;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
