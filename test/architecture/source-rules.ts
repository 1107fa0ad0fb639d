import { basename } from 'node:path';
import ts from 'typescript';
import { isTestCode, type Source } from './source-tree.js';
import { type Finding, findSyntax, isBarrel, linesOfCode } from './syntax.js';

const longestFile = 400;

/** Counts as lint does: blank lines and comments are free. */
export function longFiles(sources: readonly Source[]): Finding[] {
  return sources
    .map((source) => ({ at: source.path, lines: linesOfCode(source) }))
    .filter(({ lines }) => lines > longestFile)
    .map(({ at, lines }) => ({ at, what: `${lines} lines: split it by concept` }));
}

/** `export *` hides what a package offers. */
export function starExports(sources: readonly Source[]): Finding[] {
  return sources.flatMap((source) =>
    findSyntax(source, (node) =>
      ts.isExportDeclaration(node) && (!node.exportClause || ts.isNamespaceExport(node.exportClause))
        ? 'export *: name what is exported'
        : undefined,
    ),
  );
}

/** Files that only pass names on belong to the folder they stand for: index.ts. */
export function barrels(sources: readonly Source[]): Finding[] {
  return sources
    .filter((source) => basename(source.path) !== 'index.ts' && isBarrel(source))
    .map(({ path }) => ({ at: path, what: 'only re-exports: import from where the names are, or make it index.ts' }));
}

/** The environment is read once, in config.ts; tests may look at their own. */
export function environmentReads(sources: readonly Source[]): Finding[] {
  return sources
    .filter((source) => /^(packages|apps)\//.test(source.path) && !isTestCode(source))
    .filter(({ path }) => basename(path) !== 'config.ts')
    .flatMap((source) => findSyntax(source, (node) => (readsEnvironment(node) ? 'reads process.env' : undefined)));
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) return isText(node.argumentExpression, 'env') && isProcess(node.expression);
  if (ts.isVariableDeclaration(node)) return takesEnvironment(node);
  return ts.isImportDeclaration(node) && importsEnvironment(node);
}

function takesEnvironment({ name, initializer }: ts.VariableDeclaration): boolean {
  if (!initializer || !isProcess(initializer) || !ts.isObjectBindingPattern(name)) return false;
  return name.elements.some((element) => nameOf(element) === 'env');
}

function isText(node: ts.Node, text: string): boolean {
  return ts.isStringLiteralLike(node) && node.text === text;
}

function nameOf({ propertyName, name }: ts.BindingElement): string {
  return (propertyName ?? name).getText();
}

function isProcess(node: ts.Expression): boolean {
  return /^(globalThis\.)?process$/.test(node.getText());
}

function importsEnvironment({ moduleSpecifier, importClause }: ts.ImportDeclaration): boolean {
  if (!ts.isStringLiteral(moduleSpecifier) || !/^(node:)?process$/.test(moduleSpecifier.text)) return false;
  const bindings = importClause?.namedBindings;
  return bindings !== undefined && ts.isNamedImports(bindings)
    ? bindings.elements.some(({ name, propertyName }) => (propertyName ?? name).text === 'env')
    : true;
}

/** Lint forbids both; a comment can silence lint, and not this. */
export function looseTypes(sources: readonly Source[]): Finding[] {
  return sources
    .filter((source) => source.path.endsWith('.ts') && !isTestCode(source))
    .flatMap((source) =>
      findSyntax(source, (node) => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any';
        return ts.isNonNullExpression(node) ? 'non-null assertion' : undefined;
      }),
    );
}

const documentParts = [/^\/\*\*\n \* \S/, /\n \* Steps: /, /\n \* Messages: /, /\n \* Survives: /];

/** Whoever opens a workflow reads first what it does, in which steps, what it listens to and what a crash leaves. */
export function undocumentedWorkflows(sources: readonly Source[]): Finding[] {
  return sources
    .filter(({ path }) => path.endsWith('.workflow.ts'))
    .flatMap(({ path, text }) => {
      const opening = text.slice(0, text.indexOf('*/'));
      const missing = ['purpose', 'Steps', 'Messages', 'Survives'].filter(
        (_, part) => !documentParts[part]?.test(opening),
      );
      return missing.length === 0 ? [] : [{ at: path, what: `the comment it opens with lacks: ${missing.join(', ')}` }];
    });
}
