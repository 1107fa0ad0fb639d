import ts from 'typescript';
import type { Source } from './source-tree.js';

export interface Import {
  specifier: string;
  /** Nothing of it is there at run time. */
  typeOnly: boolean;
  line: number;
}

export interface Finding {
  /** `path:line`. */
  at: string;
  what: string;
}

const parsed = new WeakMap<Source, ts.SourceFile>();

function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source) ?? ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  parsed.set(source, known);
  return known;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** True when every name is imported as a type: `verbatimModuleSyntax` then leaves at most an empty import. */
function importsOnlyTypes({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  if (name || !namedBindings || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

function exportsOnlyTypes({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (!exportClause || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly);
}

/** `require('x')` and `import('x')`, whatever `require` is called on. */
function calledModule(node: ts.CallExpression): string | undefined {
  const { expression } = node;
  const called =
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require');
  return called ? textOf(node.arguments[0]) : undefined;
}

function importOf(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node)) return made(textOf(node.moduleSpecifier), importsOnlyTypes(node));
  if (ts.isExportDeclaration(node)) return made(textOf(node.moduleSpecifier), exportsOnlyTypes(node));
  if (ts.isImportTypeNode(node)) return made(textOf(literalOf(node.argument)), true);
  if (ts.isExternalModuleReference(node)) return made(textOf(node.expression), false);
  if (ts.isCallExpression(node)) return made(calledModule(node), false);
  return undefined;
}

function literalOf(node: ts.TypeNode): ts.Node | undefined {
  return ts.isLiteralTypeNode(node) ? node.literal : undefined;
}

function made(specifier: string | undefined, typeOnly: boolean): Omit<Import, 'line'> | undefined {
  return specifier === undefined ? undefined : { specifier, typeOnly };
}

/** Everything a file takes from elsewhere: import and export declarations, `import()`, `require()` and import types. */
export function importsOf(source: Source): Import[] {
  const file = parse(source);
  const found: Import[] = [];
  walk(file, (node) => {
    const taken = importOf(node);
    if (taken) found.push({ ...taken, line: lineOf(file, node) });
  });
  return found;
}

/** The nodes of a file of which `match` says what is wrong. */
export function findSyntax(
  source: Source,
  match: (node: ts.Node, file: ts.SourceFile) => string | undefined,
): Finding[] {
  const file = parse(source);
  const found: Finding[] = [];
  walk(file, (node) => {
    const what = match(node, file);
    if (what !== undefined) found.push({ at: `${source.path}:${lineOf(file, node)}`, what });
  });
  return found;
}

/** True for a file that holds nothing but names passed on from other files. */
export function isBarrel(source: Source): boolean {
  const { statements } = parse(source);
  const passesOn = (statement: ts.Statement): boolean =>
    ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
  return statements.some(ts.isExportDeclaration) && statements.every(passesOn);
}

/** How many lines hold something else than space and comments. */
export function linesOfCode(source: Source): number {
  const file = parse(source);
  const lineAt = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
  const lines = new Set<number>();
  const mark = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    children.forEach(mark);
    if (children.length > 0 || node.getWidth(file) === 0) return;
    for (let line = lineAt(node.getStart(file)); line <= lineAt(node.getEnd()); line += 1) lines.add(line);
  };
  mark(file);
  return lines.size;
}
