import { forEachChild, type SyntaxNode } from 'unbash';

const assigners = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'let']);

/** The variables that something in a node may assign, by name; `@` for the arguments. */
export function assignedNames(node: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (child: SyntaxNode): void => {
    for (const name of namesOf(child)) names.add(name);
    forEachChild(child, visit);
  };
  visit(node);
  return names;
}

function namesOf(node: SyntaxNode): string[] {
  if (node.type === 'Assignment') return [node.name];
  if (node.type === 'For' || node.type === 'Select') return [node.name.value];
  if (node.type !== 'Command') return [];
  const name = node.name?.value ?? '';
  if (name === 'set' || name === 'shift') return ['@'];
  return assigners.has(name) ? node.args.flatMap((word) => (word.type === 'Word' ? [word.value] : [])) : [];
}
