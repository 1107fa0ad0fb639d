/** A generator that waits cannot be returned from: whoever leaves must first end what it waits for. */
export function endable<T>(
  generator: AsyncGenerator<T, void, undefined>,
  end: () => void,
): AsyncGenerator<T, void, undefined> {
  let ended = false;
  const once = () => {
    if (ended) return;
    ended = true;
    end();
  };
  const step = async (result: Promise<IteratorResult<T, void>>) => {
    try {
      const { done } = await result;
      if (done) once();
      return await result;
    } catch (error) {
      once();
      throw error;
    }
  };
  return {
    next: () => step(generator.next()),
    return: () => {
      once();
      return generator.return();
    },
    throw: (error) => {
      once();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}
