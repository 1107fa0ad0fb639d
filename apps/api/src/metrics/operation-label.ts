import { type DocumentNode, getOperationAST, type GraphQLSchema, Kind } from 'graphql';

/** `query okrRun`, `mutation submitGoal`; `query several` for more than one root field, `unknown` for what is none. */
export function operationLabel(schema: GraphQLSchema, document: DocumentNode): string {
  const operation =
    getOperationAST(document) ?? document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation) return 'unknown';
  const known = schema.getRootType(operation.operation)?.getFields() ?? {};
  const names = operation.selectionSet.selections.flatMap((node) =>
    node.kind === Kind.FIELD ? [node.name.value] : [],
  );
  const [first = 'several'] = names;
  const name = names.length === 1 && (first in known || first.startsWith('__')) ? first : 'several';
  return `${operation.operation} ${name}`;
}
