import type { Environment } from '../config.js';
import type { StatusAnswer } from '../graphql/status.js';

export interface Finding {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** The way out, when it is not ok. */
  hint?: string;
}

/** What is examined. */
export interface Patient {
  home: string;
  environment: Environment;
  /** The workers that the server knows. */
  hosts: () => Promise<StatusAnswer['status']['hosts']>;
  /** The providers that it does not call right now. */
  modelCircuits: () => Promise<StatusAnswer['status']['modelCircuits']>;
  /** The secrets that it has. */
  secrets: () => Promise<readonly { name: string }[]>;
}

export type Check = (patient: Patient) => Promise<Finding>;
