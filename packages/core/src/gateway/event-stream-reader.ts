import { StringDecoder } from 'node:string_decoder';

/** The data of one event can be a whole answer, but not more than this. */
const maxPendingCharacters = 64 * 1024 * 1024;

/**
 * Reads the data of server-sent events from bytes that may be cut anywhere, within a line end or a character too.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStreamReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onData: (data: string) => void;
  #pending = '';
  #data: string[] = [];
  #size = 0;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** @throws RangeError when an event does not end */
  add(bytes: Buffer): void {
    const lines = (this.#pending + this.#decoder.write(bytes)).split(/\r\n|\n|\r(?!$)/);
    this.#pending = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#pending.length + this.#size > maxPendingCharacters) throw new RangeError('an event does not end');
  }

  /** Some servers leave out the empty line after their last event. */
  end(): void {
    this.#line(this.#pending.replace(/\r$/, ''));
    this.#line('');
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const data = /^data(?:: ?|$)/.exec(line);
    if (!data) return;
    this.#data.push(line.slice(data[0].length));
    this.#size += line.length;
  }

  #dispatch(): void {
    if (this.#data.length === 0) return;
    const data = this.#data.join('\n');
    this.#data = [];
    this.#size = 0;
    this.#onData(data);
  }
}
