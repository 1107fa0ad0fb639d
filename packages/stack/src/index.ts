export { type Fermata, type FermataOptions, startFermata, tokenFileIn } from './fermata/start-fermata.js';
export { isSameProcess, processIdentity } from './processes/process-identity.mjs';
export { acquireLock, lockHolder } from './processes/process-lock.mjs';
export { readStackRecord, type StackRecord } from './stack-record.js';
export { type Stack, type StackOptions, StackPart, type StackPorts, type StackStep } from './stack.js';
export { startStack } from './start-stack.js';
export { findTemporal, temporalCacheDirectory } from './temporal/find-temporal.mjs';
export { searchAttributes } from './temporal/temporal-server.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
