import type { AssistantBlock } from '@fermata/contracts';
import { wrap } from './clip.js';

/** What a step said or gave back, for a person: a model's answer as its text and its calls, everything else as it is. */
export function stepText(kind: string, stored: string): string {
  const blocks = kind === 'model' ? blocksOf(stored) : null;
  return blocks === null
    ? stored
    : blocks
        .map(blockText)
        .filter((text) => text !== '')
        .join('\n');
}

function blocksOf(stored: string): AssistantBlock[] | null {
  try {
    const { blocks } = JSON.parse(stored) as { blocks?: unknown };
    return Array.isArray(blocks) ? (blocks as AssistantBlock[]) : null;
  } catch {
    return null;
  }
}

function blockText(block: AssistantBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'tool_call':
      return `→ ${block.name} ${block.invalidInput ?? JSON.stringify(block.input)}`;
    case 'thinking':
      return '';
  }
}

/** The text of a step below its line. */
export function indentStepText(text: string, width: number): string {
  return text.trim() === '' ? '' : wrap(text, width, '      ');
}
