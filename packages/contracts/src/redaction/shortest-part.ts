/** Shorter values are also parts of harmless words: they are redacted only where they stand alone. */
export const shortestSecretPart = 8;
