import { z } from 'zod';

const part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() });

/** What a message says, in both OpenAI protocols. */
export const contentSchema = z.union([z.string(), z.array(part)]);
export const toolChoiceSchema = z.union([z.string(), z.looseObject({})]).nullish();

/** Images, audio and files count as a word that names them: rules match on text. */
export function textOf(content: z.output<typeof contentSchema> | null | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ type, text, refusal }) => text ?? refusal ?? `[${type}]`).join('\n');
}

/** Naming a tool insists on it as `required` does. */
export function readToolChoice(choice: z.output<typeof toolChoiceSchema>): 'auto' | 'required' {
  return choice === undefined || choice === null || choice === 'auto' || choice === 'none' ? 'auto' : 'required';
}
