import type { AddVerb } from '../act.js';
import { addApprove, addDeny } from './decide.js';
import { addDown } from './down.js';
import { addGo } from './go.js';
import { addInbox } from './inbox.js';
import { addOkr } from './okr.js';
import { addRepo } from './repo.js';
import { addShow } from './show.js';
import { addStatus } from './status.js';
import { addUp } from './up.js';

/** Every verb, in the order that the help shows. */
export const verbs: readonly AddVerb[] = [
  ...[addUp, addDown, addStatus],
  ...[addRepo, addGo, addOkr],
  ...[addInbox, addApprove, addDeny],
  ...[addShow],
];
