import { type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { CappedText } from './capped-text.js';

export interface CapturedOutput {
  stdout: CappedText;
  stderr: CappedText;
  merged: CappedText;
  bytes: number;
}

interface CaptureOptions {
  capBytes: number;
  onOutput: ((chunk: string) => void) | undefined;
  onStdout: ((chunk: string) => void) | undefined;
}

/** Drains both pipes as long as they are open. Characters split between chunks are put together again. */
export function captureOutput(stdout: Readable, stderr: Readable, options: CaptureOptions): CapturedOutput {
  const { capBytes, onOutput, onStdout } = options;
  const captured: CapturedOutput = {
    stdout: new CappedText(capBytes),
    stderr: new CappedText(capBytes),
    merged: new CappedText(capBytes),
    bytes: 0,
  };
  const follow = (stream: Readable, own: CappedText, onOwn?: (chunk: string) => void): void => {
    const decoder = new StringDecoder('utf8');
    const keep = (text: string): void => {
      if (text === '') return;
      own.add(text);
      captured.merged.add(text);
      onOutput?.(text);
      onOwn?.(text);
    };
    stream.on('data', (chunk: Buffer) => {
      captured.bytes += chunk.length;
      keep(decoder.write(chunk));
    });
    stream.on('end', () => keep(decoder.end()));
    // A pipe that breaks has ended; how the process ended is told by its exit.
    stream.on('error', () => stream.destroy());
  };
  follow(stdout, captured.stdout, onStdout);
  follow(stderr, captured.stderr);
  return captured;
}
