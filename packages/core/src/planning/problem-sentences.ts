import type { z } from 'zod';

/** Where in the value: `tasks[2].dependsOn`. Empty for the value itself. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** Each issue of a schema as one sentence that begins with where it is, as a model can mend it. */
export function problemSentences(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const at = pathText(issue.path);
    return `${at === '' ? 'the value' : at}: ${lowerFirst(issue.message)}`;
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
