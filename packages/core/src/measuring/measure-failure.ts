import { firstWords } from '@fermata/contracts/redaction';
import { DomainError, type JsonObject } from '@fermata/contracts';

export const measureFailed = (message: string, details: JsonObject = {}, cause?: unknown): DomainError =>
  new DomainError('measure_failed', message, details, { cause });

/** The beginning of what was found, quoted for a message. */
export const excerpt = (text: string): string => JSON.stringify(text.length > 120 ? `${firstWords(text, 120)}…` : text);
