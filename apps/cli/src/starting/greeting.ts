import { formatDuration } from '../rendering/time.js';
import { fields, lines } from '../rendering/page.js';
import { modelHint } from './model-set-up.js';
import { calledAs } from '../called-as.js';

/** What `fermata up` came to, for a person and for a program. */
export interface UpDocument {
  apiUrl: string;
  graphqlUrl: string;
  temporalUiUrl: string | null;
  tokenFile: string;
  dataDir: string;
  pid: number;
  /** The model of the default agent; null when no provider is set up. */
  model: string | null;
  startedInMs: number;
}

/** Where things are and what to type next. */
export function renderGreeting(up: UpDocument, knowsRepositories: boolean): string {
  return lines(
    `Fermata is up after ${formatDuration(up.startedInMs)}.`,
    fields([
      ['  API', up.graphqlUrl],
      ['  Temporal', up.temporalUiUrl],
      ['  token', up.tokenFile],
      ['  model', up.model ?? modelHint],
    ]),
    'Next, in another terminal:',
    knowsRepositories ? `  ${calledAs} status` : `  ${calledAs} repo add <path>`,
    `  ${calledAs} go "<goal>" --watch`,
    '^C stops it; what is under way goes on at the next start.',
  );
}
