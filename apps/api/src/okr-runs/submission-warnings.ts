import { formatUsd, type MicroUsd, microsPerUsd } from '@fermata/contracts';
import { findModel, leastFirstCall } from '@fermata/contracts/models';
import { redactionMarksIn } from '@fermata/contracts/redaction';
import type { Catalogue } from '../common/catalogue.js';
import type { AgentSettings } from '@fermata/database';
import type { Goal } from '@fermata/database/orders';
import type { SubmissionWarning } from './okr-run.model.js';

/** What does not keep a goal from being taken, and will keep its run from going on. */
export function warningsOf(
  { budgetMicros, goal }: Pick<Goal, 'budgetMicros' | 'goal'>,
  { model: name, maxOutputTokens, instructions }: Pick<AgentSettings, 'model' | 'maxOutputTokens' | 'instructions'>,
  catalogue: Catalogue,
): SubmissionWarning[] {
  const model = findModel(name, catalogue);
  if (model === null) return [unknownModel(name)];
  if (budgetMicros === null) return [];
  const ownBytes = Buffer.byteLength(goal) + Buffer.byteLength(instructions);
  const neededMicros = leastFirstCall({ maxOutputTokens, ownBytes }, model);
  if (budgetMicros >= neededMicros) return [];
  const message = `The budget of ${formatUsd(budgetMicros)} is too small for any call of ${name}: one may need ${formatUsd(shownUp(neededMicros))} or more, so the run waits for a larger budget at once.`;
  return [{ code: 'budget_too_small', message, neededMicros }];
}

/** A secret in a goal was not stored; whoever wrote it has shown it to this screen, and perhaps to others. */
export function redactionWarnings(given: Pick<Goal, 'goal'>, kept: Pick<Goal, 'goal'>): SubmissionWarning[] {
  if (given.goal === kept.goal) return [];
  const names = [...new Set(redactionMarksIn(kept.goal))].join(', ');
  const message = `The goal had what looks like a secret in it. It was replaced before anything was stored (${names}), so agents do not see it. Renew that secret if others may have read it.`;
  return [{ code: 'secret_redacted', message, neededMicros: null }];
}

function unknownModel(name: string): SubmissionWarning {
  const message = `The price of the model "${name}" is not known, so no call of it is made. State it in models.json in FERMATA_HOME, or in the file that FERMATA_MODELS_FILE names (docs/guides/models.md), and start again.`;
  return { code: 'model_unknown', message, neededMicros: null };
}

/** Not below what is needed once `formatUsd` has rounded it: who sets what was shown must not be short by a fraction. */
function shownUp(micros: MicroUsd): MicroUsd {
  const shown = micros < microsPerUsd ? 100 : 10_000;
  return Math.ceil(micros / shown) * shown;
}
