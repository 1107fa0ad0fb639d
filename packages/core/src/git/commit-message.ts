import { DomainError } from '@fermata/contracts';

/** Lines such as `Fermata-Task: task_…` at the end of a commit message (git-interpret-trailers). */
export type Trailers = Readonly<Record<string, string>>;

/**
 * Text, an empty line, trailers. Trailers stand alone in the last paragraph, so that nothing in the text can pass for one.
 * @throws DomainError `invalid_input` for a key that git would not read as one
 */
export function commitMessage(text: string, trailers: Trailers): string {
  const body = text.replaceAll('\0', '').trim() || 'Work';
  const lines = Object.entries(trailers).map(([key, value]) => `${checkedKey(key)}: ${singleLine(value)}`);
  return lines.length === 0 ? `${body}\n` : `${body}\n\n${lines.join('\n')}\n`;
}

function checkedKey(key: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(key)) return key;
  throw new DomainError('invalid_input', `"${key}" is no trailer key: use letters, digits and dashes`);
}

function singleLine(value: string): string {
  return value.replaceAll('\0', '').replace(/\s+/g, ' ').trim();
}
