import type { WireProtocol } from '../protocol.js';
import { isAnswerPath, isCountPath, readCountRequest, readRequest } from './read-request.js';
import { streamAnswer } from './stream-answer.js';
import { writeAnswer } from './write-answer.js';
import { writeError } from './write-error.js';

/** GenerateContent: https://ai.google.dev/api/generate-content */
export const gemini: WireProtocol = {
  name: 'gemini',
  accepts: isAnswerPath,
  readRequest,
  counting: { accepts: isCountPath, read: readCountRequest, write: (tokens) => ({ totalTokens: tokens }) },
  writeAnswer,
  streamAnswer,
  writeError,
  streamError: (error) => ({ data: writeError(error) }),
};
