import type { AddVerb } from '../act.js';
import { addAgent } from './agent.js';
import { addBudget } from './budget.js';
import { addApprove, addDeny } from './decide.js';
import { addDoctor } from './doctor.js';
import { addDown } from './down.js';
import { addGo } from './go.js';
import { addInbox } from './inbox.js';
import { addLogs } from './logs.js';
import { addOkr } from './okr.js';
import { addCancel, addPause, addResume, addRetry } from './orders.js';
import { addPlan } from './plan.js';
import { addPolicy } from './policy.js';
import { addRepo } from './repo.js';
import { addRun } from './run.js';
import { addSecret } from './secret.js';
import { addShow } from './show.js';
import { addStatus } from './status.js';
import { addTask } from './task.js';
import { addUp } from './up.js';
import { addWhy } from './why.js';

/** Every verb, in the order that the help shows. */
export const verbs: readonly AddVerb[] = [
  ...[addUp, addDown, addStatus, addDoctor],
  ...[addRepo, addGo, addOkr],
  ...[addInbox, addApprove, addDeny, addPlan],
  ...[addShow, addLogs, addWhy],
  ...[addPause, addResume, addCancel, addRetry],
  ...[addBudget, addTask, addRun, addAgent, addPolicy, addSecret],
];
