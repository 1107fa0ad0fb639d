/** Which states each state may move to. A state with no successors is final. */
export type StateTable<State extends string> = Readonly<Record<State, readonly State[]>>;

/** True when `table` allows the move; staying put is not a move. */
export function canMove<State extends string>(table: StateTable<State>, from: State, to: State): boolean {
  return table[from].includes(to);
}

/** The states from which `to` can be reached in one move: the guard of a conditional update. */
export function statesBefore<State extends string>(table: StateTable<State>, to: State): State[] {
  return (Object.keys(table) as State[]).filter((from) => canMove(table, from, to));
}

/** True when nothing can follow `state`. */
export function isFinal<State extends string>(table: StateTable<State>, state: State): boolean {
  return table[state].length === 0;
}
