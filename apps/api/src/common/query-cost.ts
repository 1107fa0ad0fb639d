import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { defaultPageSize } from './connection.js';

export interface QueryMeasure {
  /** Fields below each other; introspection is not counted, GraphQL's own rules bound it. */
  depth: number;
  /** Each field 1. What is below a page counts `first` times, what is below a plain list `plainListSize` times. */
  cost: number;
}

/** How many items a list that is no page is taken to have. */
const plainListSize = 5;

/** What a document asks for at most: that of its operations which asks for the most. The document has been validated. */
export function measureQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>> = {},
): QueryMeasure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measures = document.definitions.flatMap((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return [];
    const meter = new QueryMeter(schema, fragments, { ...defaultsOf(node), ...variables });
    return [meter.selection(node.selectionSet, schema.getRootType(node.operation), plainListSize)];
  });
  return {
    depth: Math.max(0, ...measures.map(({ depth }) => depth)),
    cost: Math.max(0, ...measures.map(({ cost }) => cost)),
  };
}

/** What whole numbers the operation's variables have when the caller gives none. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  );
}

class QueryMeter {
  /** Each fragment is measured once for each list size, so that fragments within fragments cost no time. */
  private readonly measured = new Map<string, QueryMeasure>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  selection(set: SelectionSetNode, type: GraphQLNamedType | null | undefined, listSize: number): QueryMeasure {
    const parts = set.selections.map((node) => {
      switch (node.kind) {
        case Kind.FIELD:
          return this.field(node, type, listSize);
        case Kind.INLINE_FRAGMENT:
          return this.selection(node.selectionSet, this.typeNamed(node.typeCondition?.name.value) ?? type, listSize);
        case Kind.FRAGMENT_SPREAD:
          return this.fragment(node.name.value, listSize);
      }
    });
    return {
      depth: Math.max(0, ...parts.map(({ depth }) => depth)),
      cost: parts.reduce((sum, { cost }) => sum + cost, 0),
    };
  }

  private fragment(name: string, listSize: number): QueryMeasure {
    const key = `${name}:${listSize}`;
    const known = this.measured.get(key);
    if (known) return known;
    const fragment = this.fragments.get(name);
    if (!fragment) return { depth: 0, cost: 0 };
    const measure = this.selection(fragment.selectionSet, this.typeNamed(fragment.typeCondition.name.value), listSize);
    this.measured.set(key, measure);
    return measure;
  }

  private field(node: FieldNode, type: GraphQLNamedType | null | undefined, listSize: number): QueryMeasure {
    if (node.name.value.startsWith('__')) return { depth: 0, cost: 1 };
    const hasFields = isObjectType(type) || isInterfaceType(type);
    const field = hasFields ? type.getFields()[node.name.value] : undefined;
    const below = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(below)) return { depth: 1, cost: 1 };
    const pageSize = this.pageSize(node, field);
    const inner = this.selection(node.selectionSet, below, pageSize ?? plainListSize);
    const times = isListType(getNullableType(field.type)) ? listSize : 1;
    return { depth: inner.depth + 1, cost: 1 + times * inner.cost };
  }

  /** The `first` of a field that has pages, whatever way it was given; null for other fields. */
  private pageSize(node: FieldNode, field: GraphQLField<unknown, unknown>): number | null {
    if (!field.args.some(({ name }) => name === 'first')) return null;
    const given = node.arguments?.find(({ name }) => name.value === 'first')?.value;
    if (given?.kind === Kind.INT) return atLeastOne(Number(given.value));
    if (given?.kind === Kind.VARIABLE) return atLeastOne(this.variables[given.name.value]);
    return defaultPageSize;
  }

  private typeNamed(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : this.schema.getType(name);
  }
}

/** A negative page would make its siblings cheaper. */
function atLeastOne(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(1, value) : defaultPageSize;
}
