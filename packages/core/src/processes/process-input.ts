/** Takes what a program is to read. */
export interface InputSink {
  write(text: string): void;
  end(): void;
}

/** What a program reads while it runs. What is written before it has started waits for it; after its end it goes nowhere. */
export class ProcessInput implements InputSink {
  #waiting: string[] = [];
  #ended = false;
  #sink: InputSink | null = null;

  write(text: string): void {
    if (this.#sink) this.#sink.write(text);
    else this.#waiting.push(text);
  }

  /** The program reads the end of its input. */
  end(): void {
    this.#ended = true;
    this.#sink?.end();
  }

  /** By whoever has started the program, once. */
  bind(sink: InputSink): void {
    this.#sink = sink;
    for (const text of this.#waiting.splice(0)) sink.write(text);
    if (this.#ended) sink.end();
  }
}
