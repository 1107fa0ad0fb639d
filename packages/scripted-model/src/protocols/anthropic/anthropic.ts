import type { WireProtocol } from '../protocol.js';
import { readPrompt, readRequest } from './read-request.js';
import { streamAnswer } from './stream-answer.js';
import { writeAnswer } from './write-answer.js';
import { streamError, writeError } from './write-error.js';

/** Messages: https://platform.claude.com/docs/en/api/messages */
export const anthropic: WireProtocol = {
  name: 'anthropic',
  accepts: (path) => path === '/v1/messages',
  readRequest,
  counting: {
    accepts: (path) => path === '/v1/messages/count_tokens',
    read: readPrompt,
    write: (tokens) => ({ input_tokens: tokens }),
  },
  writeAnswer,
  streamAnswer,
  writeError,
  streamError,
};
