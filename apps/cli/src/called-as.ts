import { environmentOfProcess } from './config.js';

/** How whoever reads our hints calls this command: the launcher says it, as `fermata` need not be on PATH. */
export const calledAs = typable(environmentOfProcess()['FERMATA_CALLED_AS'] || 'fermata');

/** As a shell takes it for one word. */
export function typable(path: string): string {
  return /^[\w./~+@%:,=-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
