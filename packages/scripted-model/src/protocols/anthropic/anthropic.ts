import type { WireProtocol } from '../protocol.js';
import { readRequest } from './read-request.js';
import { streamAnswer } from './stream-answer.js';
import { writeAnswer } from './write-answer.js';
import { streamError, writeError } from './write-error.js';

/** Messages: https://platform.claude.com/docs/en/api/messages */
export const anthropic: WireProtocol = {
  name: 'anthropic',
  accepts: (path) => path === '/v1/messages',
  readRequest,
  writeAnswer,
  streamAnswer,
  writeError,
  streamError,
};
