import { Inject, Injectable } from '@nestjs/common';
import { createRedactor, isNoPlainWord } from '@fermata/contracts/redaction';
import {
  createSecretCipher,
  type Database,
  readSecretsOf,
  repositoriesFor,
  type SecretKeyRing,
} from '@fermata/database';
import type { Goal } from '@fermata/database/orders';
import type { OkrRunRow } from '@fermata/database/reading';
import type { Caller } from '../common/caller.js';
import type { Catalogue } from '../common/catalogue.js';
import { catalogueToken, databaseToken, keyRingToken } from '../common/tokens.js';
import type { SubmissionWarning } from './okr-run.model.js';
import { redactionWarnings, warningsOf } from './submission-warnings.js';

/** What a goal is looked at for when it is submitted. */
@Injectable()
export class GoalCheck {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    @Inject(catalogueToken) private readonly catalogue: Catalogue,
    @Inject(keyRingToken) private readonly keyRing: SecretKeyRing,
  ) {}

  /** What is pasted into a goal reaches models, prompts and pull requests: a secret must not even be stored. */
  async withoutSecrets({ workspaceId }: Caller, goal: Goal): Promise<Goal> {
    const secrets = await readSecretsOf(this.database, createSecretCipher(this.keyRing), workspaceId);
    return { ...goal, goal: createRedactor(secrets.filter(isNoPlainWord)).text(goal.goal) };
  }

  /** What its submitter should know of a run: what was taken out of the goal, and what will keep the run from going on. */
  async warnings(
    { workspaceId, agentId }: OkrRunRow,
    goals: { given: Goal; kept: Goal },
  ): Promise<SubmissionWarning[]> {
    const { given, kept } = goals;
    const agent = await repositoriesFor(this.database, workspaceId).agents.get(agentId);
    return [...redactionWarnings(given, kept), ...warningsOf(kept, agent, this.catalogue)];
  }
}
