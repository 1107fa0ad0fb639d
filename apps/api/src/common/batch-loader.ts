/** Gives the value of one key; keys asked for in the same turn of the event loop are fetched together. */
export type BatchLoader<Value> = (key: string) => Promise<Value | undefined>;

/**
 * Batches and remembers look-ups for the length of one request, so that a list of n items costs one statement for
 * each field, not n. Not for longer: nothing is ever forgotten or refreshed.
 */
export function createBatchLoader<Value>(
  fetchMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): BatchLoader<Value> {
  const known = new Map<string, Promise<Value | undefined>>();
  let batch: { keys: string[]; found: Promise<ReadonlyMap<string, Value>> } | null = null;

  function join(key: string): Promise<ReadonlyMap<string, Value>> {
    if (!batch) {
      const keys: string[] = [];
      const found = afterThisTurn().then(() => {
        batch = null;
        return fetchMany(keys);
      });
      batch = { keys, found };
    }
    batch.keys.push(key);
    return batch.found;
  }

  return (key) => {
    const before = known.get(key);
    if (before) return before;
    const value = join(key).then((found) => found.get(key));
    known.set(key, value);
    return value;
  };
}

/** Promises that are ready now settle first, so that siblings resolved by them still join the batch. */
function afterThisTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
