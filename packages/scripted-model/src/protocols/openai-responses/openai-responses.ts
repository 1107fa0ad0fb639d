import { writeError } from '../openai-error.js';
import type { WireProtocol } from '../protocol.js';
import { readRequest } from './read-request.js';
import { streamAnswer } from './stream-answer.js';
import { writeAnswer } from './write-answer.js';

/** Responses, without server-side state: https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: WireProtocol = {
  name: 'openai_responses',
  accepts: (path) => path === '/v1/responses',
  readRequest,
  writeAnswer,
  streamAnswer,
  writeError,
  streamError: ({ message }) => ({
    event: 'error',
    data: { type: 'error', code: 'server_error', message, param: null, sequence_number: 0 },
  }),
};
