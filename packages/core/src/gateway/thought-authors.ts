import { createHash } from 'node:crypto';

/** So many thoughts are remembered: those of some hundred long runs. */
const mostRemembered = 50_000;

/**
 * Which model had a thought: those in a request carry no name. By hashes, in memory: what an earlier process has seen is
 * unknown here.
 */
export class ThoughtAuthors {
  readonly #models = new Map<string, string>();

  note(thoughts: readonly string[], model: string): void {
    for (const thought of thoughts) this.#models.set(keyOf(thought), model);
    for (const oldest of this.#models.keys()) {
      if (this.#models.size <= mostRemembered) break;
      this.#models.delete(oldest);
    }
  }

  /** Undefined when not known. */
  of(thought: string): string | undefined {
    return this.#models.get(keyOf(thought));
  }
}

const keyOf = (thought: string): string => createHash('sha256').update(thought).digest('base64');
