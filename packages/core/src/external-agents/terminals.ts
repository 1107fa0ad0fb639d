import { randomUUID } from 'node:crypto';
import { DomainError } from '@fermata/contracts';
import { wholeWordsFromStart } from '@fermata/contracts/redaction';
import { exceededWords, type ProcessOptions, type ProcessResult, runProcess, TailText } from '../processes/index.js';

/** How many terminals an agent may have open at a time. */
export const maxOpenTerminals = 16;

/** How the command of a terminal has ended. */
export interface TerminalExit {
  exitCode: number | null;
  signal: string | null;
}

export interface TerminalView {
  output: string;
  /** The beginning of the output was cut. */
  truncated: boolean;
  /** Null: it runs. */
  exit: TerminalExit | null;
}

export interface TerminalOrder {
  program: Omit<ProcessOptions, 'signal' | 'onOutput' | 'outputCapBytes' | 'stdin' | 'input'>;
  /** Of what it prints, the last bytes that are kept. */
  keepBytes: number;
  /** Told once, when nothing of it runs any more. */
  onEnd: (end: TerminalView) => void;
}

/**
 * The commands that an agent runs through us, each until it ends, is ended, or is released; none of them outlives `close`.
 * An id is good for this one agent.
 */
export class Terminals {
  /** Null: about to begin. */
  private readonly opened = new Map<string, Terminal | null>();
  private isClosed = false;

  /** @param signal - aborted: every command is ended */
  constructor(private readonly signal: AbortSignal) {}

  /**
   * Starts what `prepare` gives, unless that refuses it.
   * @returns the terminal's id
   * @throws DomainError `tool_failed` when too many are open; what `prepare` throws
   */
  async create(prepare: (id: string) => Promise<TerminalOrder>): Promise<string> {
    if (this.opened.size >= maxOpenTerminals)
      throw new DomainError('tool_failed', `There are ${maxOpenTerminals} terminals open: release one first.`);
    const id = randomUUID();
    this.opened.set(id, null);
    try {
      const order = await prepare(id);
      if (this.isClosed) throw new DomainError('tool_failed', 'The turn is over: nothing is started any more.');
      this.opened.set(id, new Terminal(order, this.signal));
      return id;
    } catch (error) {
      this.opened.delete(id);
      throw error;
    }
  }

  view(id: string): TerminalView {
    return this.find(id).view;
  }

  exitOf(id: string): Promise<TerminalExit> {
    return this.find(id).exit;
  }

  /** Its output can still be read. Returns when nothing of it runs any more. */
  async kill(id: string): Promise<void> {
    await this.find(id).end();
  }

  async release(id: string): Promise<void> {
    await this.find(id).end();
    this.opened.delete(id);
  }

  /** Returns when nothing of them runs any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    const begun = [...this.opened.values()].filter((terminal) => terminal !== null);
    await Promise.all(begun.map((terminal) => terminal.end()));
  }

  private find(id: string): Terminal {
    const terminal = this.opened.get(id);
    if (terminal) return terminal;
    throw new DomainError('not_found', `There is no terminal ${id.slice(0, 100)}.`);
  }
}

class Terminal {
  readonly exit: Promise<TerminalExit>;
  private readonly ending = new AbortController();
  private readonly tail: TailText;
  private ended: TerminalExit | null = null;

  constructor(
    private readonly order: TerminalOrder,
    signal: AbortSignal,
  ) {
    this.tail = new TailText(order.keepBytes);
    this.exit = this.run(AbortSignal.any([signal, this.ending.signal]));
  }

  get view(): TerminalView {
    const { truncated } = this.tail;
    const kept = this.tail.toString();
    return { output: truncated ? wholeWordsFromStart(kept) : kept, truncated, exit: this.ended };
  }

  async end(): Promise<void> {
    this.ending.abort();
    await this.exit;
  }

  private async run(signal: AbortSignal): Promise<TerminalExit> {
    const { program, onEnd } = this.order;
    const onOutput = (chunk: string): void => this.tail.add(chunk);
    // What it prints is kept here: of the other copy only the words of a sandbox that could not be made are needed.
    const options = { ...program, signal, onOutput, outputCapBytes: 4_096 };
    this.ended = await runProcess(options).then(
      (result) => this.exitAfter(result),
      (error: unknown) => this.neverRan(error),
    );
    onEnd(this.view);
    return this.ended;
  }

  private exitAfter({ exitCode, signal, cancelled, exceeded }: ProcessResult): TerminalExit {
    if (exceeded !== undefined) this.tail.add(`\n[${exceededWords(exceeded)}]\n`);
    return { exitCode, signal: signal ?? (cancelled && exitCode === null ? 'SIGTERM' : null) };
  }

  /** As a shell says that there is no such program. */
  private neverRan(error: unknown): TerminalExit {
    this.tail.add(error instanceof Error ? error.message : String(error));
    return { exitCode: 127, signal: null };
  }
}
