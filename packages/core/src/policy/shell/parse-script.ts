import { forEachChild, parse, type ParsedScript, type SyntaxNode, type Word } from 'unbash';

export type ParsedShell = { ok: true; script: ParsedScript } | { ok: false; problem: string };

/** Parses shell text, the scripts nested in it included. A text that is not wholly understood is a problem. */
export function parseScript(source: string): ParsedShell {
  const script = parse(source);
  const problem = firstError(script);
  return problem === null ? { ok: true, script } : { ok: false, problem };
}

function firstError(node: SyntaxNode): string | null {
  if (node.type === 'Script') {
    const [error] = node.errors ?? [];
    if (error !== undefined) return error.message;
  }
  let found: string | null = null;
  forEachChild(node, (child) => {
    found ??= firstError(child);
  });
  return found;
}

/** The text as one word of a command, or null when it is not exactly one. */
export function parseWord(text: string): Word | null {
  const parsed = parseScript(`_ ${text}`);
  const command = parsed.ok ? parsed.script.commands[0]?.command : undefined;
  if (command?.type !== 'Command' || command.suffix.length !== 1) return null;
  const [word] = command.suffix;
  return word?.type === 'Word' ? word : null;
}

/** The scripts that lie directly in a node, however deep in its expressions: substitutions of any kind. */
export function nestedScripts(node: SyntaxNode): ParsedScript[] {
  const found: ParsedScript[] = [];
  forEachChild(node, (child) => {
    if (child.type === 'Script') found.push(child);
    else found.push(...nestedScripts(child));
  });
  return found;
}
