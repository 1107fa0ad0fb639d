/** Injection tokens of what is no class. */
export const databaseToken = Symbol('Database');
export const loggerToken = Symbol('Logger');
export const temporalClientToken = Symbol('TemporalClient');
export const catalogueToken = Symbol('Catalogue');
export const keyRingToken = Symbol('SecretKeyRing');
