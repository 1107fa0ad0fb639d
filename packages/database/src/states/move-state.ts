import {
  canMove,
  DomainError,
  type EventType,
  type JsonObject,
  type NewEvent,
  type StateTable,
} from '@fermata/contracts';
import type { Transaction } from '../client.js';

export interface RowRef {
  id: string;
  workspaceId: string;
}

/** How one kind of row changes its state. `machines.ts` has one for each kind. */
export interface StateMachine<State extends string, Row extends { state: string }, Changes> {
  /** What a person calls such a row. */
  noun: string;
  table: StateTable<State>;
  /** Null for rows whose moves nobody follows. */
  eventType: EventType | null;
  find(tx: Transaction, ref: RowRef): PromiseLike<Row | null>;
  /** The rows as they are after the update: one, or none when the state is no longer `ref.state`. */
  update(tx: Transaction, ref: RowRef & { state: State }, data: Changes & { state: State }): PromiseLike<Row[]>;
  belongsTo(row: Row): Pick<NewEvent, 'okrRunId' | 'taskId' | 'agentRunId'>;
}

export interface Move<State, Changes> extends RowRef {
  to: State;
  /** Narrows the table: only from one of these states. */
  from?: readonly State[];
  /** Written in the same statement as the state. */
  set?: Changes;
  /** Told with the event, besides `from` and `to`. */
  data?: JsonObject;
}

/** `row` is what the database has now. `events` has the move's event, for `recordChange`; it is empty when nothing moved. */
export interface Moved<Row> {
  moved: boolean;
  row: Row;
  events: NewEvent[];
}

/**
 * Moves a row if its transition table allows it, by one update that is conditional on the state it was seen in.
 * A row that may not move stays as it is and is returned.
 * @throws DomainError `not_found`
 */
export async function tryMove<State extends string, Row extends { state: string }, Changes>(
  tx: Transaction,
  machine: StateMachine<State, Row, Changes>,
  move: Move<State, Changes>,
): Promise<Moved<Row>> {
  const ref = { id: move.id, workspaceId: move.workspaceId };
  // Another round means that somebody moved the row between reading and writing; the table has no cycle to be caught in
  // for long, and every round of ours is one of theirs.
  for (;;) {
    const row = await machine.find(tx, ref);
    if (!row) throw new DomainError('not_found', `There is no ${machine.noun} ${move.id}.`, { id: move.id });
    const from = row.state as State;
    if (!isAllowed(machine.table, move, from)) return { moved: false, row, events: [] };
    const data = { ...move.set, state: move.to } as Changes & { state: State };
    const [updated] = await machine.update(tx, { ...ref, state: from }, data);
    if (updated) return { moved: true, row: updated, events: eventOf(machine, { move, from, row: updated }) };
  }
}

/**
 * As `tryMove`, for callers that must arrive: a row already in the state is left alone (`moved: false`).
 * @throws DomainError `not_found`; `invalid_transition`, naming the row and both states
 */
export async function moveState<State extends string, Row extends { state: string }, Changes>(
  tx: Transaction,
  machine: StateMachine<State, Row, Changes>,
  move: Move<State, Changes>,
): Promise<Moved<Row>> {
  const result = await tryMove(tx, machine, move);
  const { state } = result.row;
  if (!result.moved && state !== move.to) {
    const message = `The ${machine.noun} ${move.id} is ${state} and cannot become ${move.to}.`;
    throw new DomainError('invalid_transition', message, { id: move.id, from: state, to: move.to });
  }
  return result;
}

function isAllowed<State extends string>(table: StateTable<State>, move: Move<State, unknown>, from: State): boolean {
  return canMove(table, from, move.to) && (move.from?.includes(from) ?? true);
}

function eventOf<State extends string, Row extends { state: string }, Changes>(
  machine: StateMachine<State, Row, Changes>,
  { move, from, row }: { move: Move<State, Changes>; from: State; row: Row },
): NewEvent[] {
  if (!machine.eventType) return [];
  return [
    {
      type: machine.eventType,
      subjectId: move.id,
      ...machine.belongsTo(row),
      data: { ...move.data, from, to: move.to },
    },
  ];
}
