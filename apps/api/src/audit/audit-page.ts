import { DomainError } from '@fermata/contracts';
import type { PageRequest } from '@fermata/database/reading';

/** @throws DomainError `invalid_input` for a cursor of another list */
export function auditPageRequest(request: PageRequest): PageRequest {
  if (request.after === null || /^\d{1,18}$/.test(request.after)) return request;
  throw new DomainError('invalid_input', 'the cursor belongs to another list; give one that came with an audit entry');
}
