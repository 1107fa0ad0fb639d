import type { ApprovalId, ApprovalKind, ApprovalState, JsonObject } from '@fermata/contracts';
import type { Approval } from '../generated/client.js';

/** A question in the inbox, and its answer once there is one. */
export interface ApprovalRecord extends Omit<Approval, 'id' | 'kind' | 'state' | 'detail'> {
  id: ApprovalId;
  kind: ApprovalKind;
  state: ApprovalState;
  detail: JsonObject;
}

export function toApprovalRecord(row: Approval): ApprovalRecord {
  return {
    ...row,
    id: row.id as ApprovalId,
    kind: row.kind as ApprovalKind,
    state: row.state as ApprovalState,
    detail: row.detail as JsonObject,
  };
}
