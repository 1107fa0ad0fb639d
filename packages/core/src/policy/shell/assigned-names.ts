import { forEachChild, type SyntaxNode } from 'unbash';

const assigners = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'let']);

/** The variables that something in a node may assign, by name: what a loop does to its own later rounds. */
export function assignedNames(node: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (child: SyntaxNode): void => {
    if (child.type === 'Assignment') names.add(child.name);
    if (child.type === 'For' || child.type === 'Select') names.add(child.name.value);
    if (child.type === 'Command' && assigners.has(child.name?.value ?? '')) {
      for (const word of child.args) if (word.type === 'Word') names.add(word.value);
    }
    forEachChild(child, visit);
  };
  visit(node);
  return names;
}
