import type { ErrorCode, JsonObject } from '@fermata/contracts';
import type { ProcessOptions, ProcessResult } from './process.js';

/** What crosses to the process host: everything of the options that is JSON. */
export type HostedOptions = Omit<ProcessOptions, 'signal' | 'input' | 'onOutput' | 'onStdout'>;

/** What is told of a program while it runs, and to it. */
export interface HostedTalk {
  wantsOutput: boolean;
  wantsStdout: boolean;
  hasInput: boolean;
}

export type HostOrder =
  | { type: 'run'; id: number; options: HostedOptions; talk: HostedTalk }
  | { type: 'cancel'; id: number }
  | { type: 'input'; id: number; text: string }
  | { type: 'input-end'; id: number };

/** A DomainError, or any other as `internal`. */
export interface HostedError {
  code: ErrorCode;
  message: string;
  details: JsonObject;
}

export type HostReport =
  | { type: 'started'; id: number; pid: number }
  | { type: 'output'; id: number; text: string }
  | { type: 'stdout'; id: number; text: string }
  | { type: 'ended'; id: number; result: ProcessResult }
  | { type: 'failed'; id: number; error: HostedError };
