/**
 * Tells which result belongs to which call. Ids are optional in Gemini's protocol: without them a result belongs to the
 * first call of its name that has none yet.
 */
export class CallIds {
  readonly #open: { id: string; name: string }[] = [];
  #calls = 0;

  /** The id of a call, made up where the client sends none. */
  called(name: string, given: string | undefined): string {
    this.#calls += 1;
    const id = given ?? `${name}#${this.#calls}`;
    this.#open.push({ id, name });
    return id;
  }

  /** The id of the call that a result answers; one of its own when no call fits. */
  answered(name: string, given: string | undefined): string {
    const index = this.#open.findIndex((call) => (given === undefined ? call.name === name : call.id === given));
    const [call] = index < 0 ? [] : this.#open.splice(index, 1);
    return call?.id ?? given ?? `${name}#none`;
  }
}
