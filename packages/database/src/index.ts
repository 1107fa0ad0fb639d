export { createDatabase, type Database, type DatabaseOptions, type Transaction } from './client.js';
export { digestOf, sha256 } from './digest-of.js';
export { Prisma } from './generated/client.js';
export { inTransaction } from './in-transaction.js';
export { type Change, recordChange } from './ledger/record-change.js';
export { type AuditChainCheck, verifyAuditChain } from './ledger/verify-audit-chain.js';
export { migrate, type MigrateOptions } from './migrate.js';
export { newId } from './new-id.js';
export { createPrincipal, createWorkspace, type NewPrincipal, type PrincipalKind } from './principals.js';
export {
  findCaller,
  mintApiToken,
  type MintedToken,
  revokeApiToken,
  type TokenCaller,
  type TokenOrder,
  type TokenRevocation,
} from './tokens.js';
