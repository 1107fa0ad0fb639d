import { readFileSync } from 'node:fs';
import type { CatalogueModel } from '@fermata/contracts/models';
import { loadCatalogue, type ModelsFilePlaces } from '@fermata/contracts/schemas';

/** The models that are known, as the worker knows them: estimates and bookings agree. */
export type Catalogue = readonly CatalogueModel[];

/** @throws DomainError `invalid_input` for a models file that cannot be used */
export function readCatalogue(places: ModelsFilePlaces = {}): Catalogue {
  return loadCatalogue(places, readIfThere);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
