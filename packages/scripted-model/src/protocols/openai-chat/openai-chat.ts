import { writeError } from '../openai-error.js';
import type { WireProtocol } from '../protocol.js';
import { readRequest } from './read-request.js';
import { streamAnswer } from './stream-answer.js';
import { writeAnswer } from './write-answer.js';

/** Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: WireProtocol = {
  name: 'openai_chat',
  accepts: (path) => path === '/v1/chat/completions',
  readRequest,
  writeAnswer,
  streamAnswer,
  writeError,
  streamError: (error) => ({ data: writeError(error) }),
};
