/** Runs pieces of work with the same key one after the other, and others side by side. Within this process only. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<void>>();

  async run<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    }
  }
}
