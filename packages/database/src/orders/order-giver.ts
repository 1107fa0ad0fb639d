/** Who orders, and in which workspace: both come from the caller's token. */
export interface OrderGiver {
  workspaceId: string;
  principalId: string;
}
