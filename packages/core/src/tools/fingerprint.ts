import { createHash } from 'node:crypto';

/** What differs between two runs of the same command that fail for the same reason: how long it took, when, and where in memory. */
const incidental =
  /\b\d+(\.\d+)?\s?(ms|s|sec|secs|seconds|minutes|m)\b|\b\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\b|\b\d{4}-\d{2}-\d{2}\b|\b0x[\da-f]+\b|\bpid \d+\b/gi;

/** Equal for errors of a tool that say the same. */
export function errorFingerprint(tool: string, text: string): string {
  return digest(`${tool}\n${text.replace(incidental, '#')}`);
}

/** Equal when files have been brought to the same content again. */
export function contentFingerprint(files: readonly { path: string; text: string | null }[]): string {
  return digest(JSON.stringify(files.map(({ path, text }) => [path, text])));
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
