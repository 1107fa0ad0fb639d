import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { IdPrefix } from '@fermata/contracts';
import { newId, repositoriesFor, sha256 } from '@fermata/database';
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type GraphqlAnswer, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { approvalRequest, type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const schema = buildSchema(
  await readFile(path.resolve(import.meta.dirname, '../../../apps/api/schema.graphql'), 'utf8'),
);
type Operation = { kind: 'query' | 'mutation'; field: GraphQLField<unknown, unknown> };
const operations: Operation[] = [
  ...Object.values(schema.getQueryType()!.getFields()).map((field) => ({ kind: 'query' as const, field })),
  ...Object.values(schema.getMutationType()!.getFields()).map((field) => ({ kind: 'mutation' as const, field })),
];

/** Arguments that name a row although they are of type String. */
const namesARow: Record<string, string[]> = { blob: ['digest'], submitGoal: ['input.agent'] };
/** What an operation needs besides what its type demands. */
const extras: Record<string, Record<string, unknown>> = {
  editPlan: { objective: { title: 'a', description: 'b' } },
};

/** Every place of an operation's arguments that takes an id. */
function idPlaces({ field }: Operation): string[] {
  const within = (type: GraphQLInputType, place: string): string[] => {
    const named = getNamedType(type);
    if (named.name === 'ID') return [place];
    if (!isInputObjectType(named)) return [];
    return Object.values(named.getFields()).flatMap((member) => within(member.type, `${place}.${member.name}`));
  };
  return [...field.args.flatMap((arg) => within(arg.type, arg.name)), ...(namesARow[field.name] ?? [])];
}

let unique = 0;
/** The least that a type demands. */
function least(type: GraphQLInputType, place: string): unknown {
  if (!isNonNullType(type)) return undefined;
  const inner = type.ofType;
  if (isListType(inner)) return [];
  if (isInputObjectType(inner)) {
    return Object.fromEntries(
      Object.values(inner.getFields()).map((member) => [member.name, least(member.type, `${place}.${member.name}`)]),
    );
  }
  if (isEnumType(inner)) return inner.getValues()[0]!.name;
  if (['Int', 'Float', 'MicroUsd'].includes(inner.name)) return 1;
  return place.endsWith('clientRequestId') ? `unique-${(unique += 1)}` : 'x';
}

type Variables = Record<string, unknown>;

function request({ kind, field }: Operation, place: string, id: string) {
  const variables: Variables = Object.fromEntries(field.args.map((arg) => [arg.name, least(arg.type, arg.name)]));
  const extra = extras[field.name];
  if (extra) Object.assign(variables['input'] as Variables, extra);
  const keys = place.split('.');
  const holder = keys.slice(0, -1).reduce((at, key) => (at[key] ??= {}) as Variables, variables);
  holder[keys.at(-1)!] = id;
  const declared = field.args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : selectionOf(field);
  return {
    query: `${kind} (${declared}) { ${field.name}(${passed}) ${selection} }`,
    variables: JSON.parse(JSON.stringify(variables)) as Variables,
  };
}

const selectionOf = (field: GraphQLField<unknown, unknown>) =>
  getNamedType(field.type).name.endsWith('Connection') ? '{ edges { cursor } }' : '{ __typename }';
const blanked = ({ status, data, errors }: GraphqlAnswer, id: string) =>
  JSON.parse(JSON.stringify({ status, data, errors }).replaceAll(id, '<id>')) as unknown;

const held = useDatabase();
let api: RunningApi;
let theirs: MadeOkrRun;
/** One id of each kind, of rows that are there, but in another workspace. */
let ids: Record<string, string>;
let ownerToken: string;
let strangerToken: string;

beforeAll(async () => {
  theirs = await makeOkrRun(held.database);
  const stranger = await makeOkrRun(held.database);
  const { approvals, blobs, budgets } = repositoriesFor(held.database, theirs.workspaceId);
  const approval = await approvals.findOrCreate(approvalRequest(theirs), { requestedBy: 'fermata' });
  const budget = await budgets.ensure({ scope: 'okr_run', subjectId: theirs.okrRunId, limitMicros: 5 });
  ids = {
    ...{ okr: theirs.okrRunId, task: theirs.taskId, run: theirs.agentRunId, cr: theirs.changeRequestId },
    ...{ repo: theirs.repositoryId, agt: theirs.agentId, apr: approval, bud: budget.id },
    ...{ blob: await blobs.put('a secret of theirs', 'text/plain') },
  };
  ownerToken = await tokenOf(held.database, theirs, 'admin');
  strangerToken = await tokenOf(held.database, stranger, 'admin');
  api = await startApi({ databaseUrl: held.url });
});
afterAll(() => api.stop());

const unknownLike = (kind: string) => (kind === 'blob' ? sha256('never stored') : newId(kind as IdPrefix));

describe('an id of another workspace', () => {
  const withIds = operations.filter((operation) => idPlaces(operation).length > 0);

  it.each(withIds.map((operation) => [operation.field.name, operation] as const))(
    'is answered by %s as an unknown one is',
    async (_name, operation) => {
      for (const place of idPlaces(operation)) {
        for (const [kind, foreign] of Object.entries(ids)) {
          const unknown = unknownLike(kind);
          const answers = [foreign, unknown].map(async (id) => {
            const { query, variables } = request(operation, place, id);
            return blanked(await ask(api, query, { token: strangerToken, variables }), id);
          });
          const [toForeign, toUnknown] = await Promise.all(answers);
          expect(toForeign, `${place} = ${kind}`).toEqual(toUnknown);
        }
      }
    },
  );

  it('is found by its owner with every one of these queries, so the answers above mean something', async () => {
    for (const operation of withIds.filter(({ kind }) => kind === 'query')) {
      const answers = await Promise.all(
        idPlaces(operation).flatMap((place) =>
          Object.values(ids).map((id) => {
            const { query, variables } = request(operation, place, id);
            return ask(api, query, { token: ownerToken, variables });
          }),
        ),
      );
      expect(answers.some(({ errors, data }) => !errors && data?.[operation.field.name] !== null)).toBe(true);
    }
  });

  it('leaves no row changed', async () => {
    const before = await held.database.okrRun.findUniqueOrThrow({ where: { id: theirs.okrRunId } });
    expect(before).toMatchObject({ state: 'drafting', ordersRevision: 0, cancelRequestedAt: null });
    const approval = await held.database.approval.findUniqueOrThrow({ where: { id: ids['apr']! } });
    expect(approval.state).toBe('pending');
  });
});

describe('a list', () => {
  const lists = operations.filter(
    ({ kind, field }) => kind === 'query' && getNamedType(field.type).name.endsWith('Connection'),
  );

  it.each(lists.map(({ field }) => [field.name, field] as const))(
    '%s shows nothing of another workspace',
    async (name, field) => {
      const node = schema.getType(getNamedType(field.type).name.replace('Connection', ''));
      const scalars = Object.values(isObjectType(node) ? node.getFields() : {})
        .filter((member) => isLeafType(getNamedType(member.type)))
        .map((member) => member.name);
      const query = `{ ${name}(first: 100) { nodes { ${scalars.join(' ')} } } }`;
      const own = await ask(api, query, { token: ownerToken });
      const others = await ask(api, query, { token: strangerToken });
      expect(pick<unknown[]>(own, `${name}.nodes`).length).toBeGreaterThan(0);
      expect(others.errors).toBeUndefined();
      const shown = JSON.stringify(others.data);
      for (const id of [...Object.values(ids), theirs.workspaceId, theirs.principalId]) expect(shown).not.toContain(id);
    },
  );
});
