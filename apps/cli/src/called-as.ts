import { shellWord } from '@fermata/contracts';
import { environmentOfProcess } from './config.js';

/** How whoever reads our hints calls this command: the launcher says it, as `fermata` need not be on PATH. */
export const calledAs = shellWord(environmentOfProcess()['FERMATA_CALLED_AS'] || 'fermata');
