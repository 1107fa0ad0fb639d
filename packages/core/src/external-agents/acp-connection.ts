import { ndJsonStream, type Stream } from '@agentclientprotocol/sdk';
import { ProcessInput, type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';

/** A program that speaks the Agent Client Protocol on its standard streams. */
export interface AcpProgram {
  stream: Stream;
  /** Resolves when it has ended, with all it had started. */
  ended: Promise<ProcessResult>;
  /** Ends it. */
  end(): void;
}

/** Of what it prints besides, the end of which is shown when it fails. */
const outputCapBytes = 64 * 1024;

/** Starts the program. That it could not be started, `ended` says. */
export function startAcpProgram(options: Omit<ProcessOptions, 'input' | 'stdin' | 'signal'>): AcpProgram {
  const ending = new AbortController();
  const input = new ProcessInput();
  let onStdout = (_chunk: string): void => undefined;
  let onEnd = (): void => undefined;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      onStdout = (chunk) => controller.enqueue(encoder.encode(chunk));
      onEnd = () => controller.close();
    },
    cancel() {
      onStdout = () => undefined;
      onEnd = () => undefined;
    },
  });
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => input.write(decoder.decode(bytes, { stream: true })),
    close: () => input.end(),
  });
  const running = runProcess({
    ...options,
    ...{ input, outputCapBytes, signal: ending.signal },
    onStdout: (chunk) => onStdout(chunk),
  });
  const ended = running.finally(() => onEnd());
  // Whoever waits for it is told; until then nobody may.
  ended.catch(() => undefined);
  return { stream: ndJsonStream(writable, readable), ended, end: () => ending.abort() };
}
