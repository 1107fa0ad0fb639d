import { canonicalJson, DomainError, type Json } from '@fermata/contracts';
import type { VariablesOf } from 'gql.tada';
import type { AddVerb } from '../act.js';
import type { Context } from '../context.js';
import { editText } from '../editing.js';
import type { Api } from '../graphql/api.js';
import type { Approval } from '../graphql/approval.js';
import { editPlanMutation } from '../graphql/edit-plan.js';
import { findApproval } from '../graphql/find-approval.js';
import { renderApproval } from '../rendering/approval.js';
import { readText } from '../read-text.js';
import { pageOf } from './page-of.js';

type Changes = Omit<VariablesOf<typeof editPlanMutation>['input'], 'okrRunId'>;

const parts = ['objective', 'keyResults', 'tasks'] as const;

export const addPlan: AddVerb = (program, act) => {
  const plan = program.command('plan').description('plans that wait for approval');

  plan
    .command('edit')
    .description(
      'change a plan before it is approved: opens $EDITOR on it as JSON; the changed plan is asked about anew',
    )
    .argument('<id>', 'the OKR run, or the approval of its plan')
    .option('--file <path>', 'take the plan, or parts of it, from this file; - reads standard input')
    .action(
      act(async (context, id: string, { file }: { file?: string }) => {
        const api = await context.api();
        const approval = await findApproval(api, id);
        if (approval.kind !== 'plan')
          throw new DomainError('invalid_input', `${approval.id} asks about no plan but is a ${approval.kind}.`, {
            id,
          });
        const okrRun =
          file === undefined
            ? await editInEditor(context, api, approval)
            : await send(api, approval, await readText(context, file));
        const text =
          okrRun.approval === null ? 'The plan was changed.' : renderApproval(okrRun.approval, pageOf(context));
        return { text, json: { okrRun } };
      }),
    );
};

function editInEditor({ config }: Context, api: Api, approval: Approval) {
  const text = `${JSON.stringify(planOf(approval), null, 2)}\n`;
  return editText({ editor: config.editor, name: 'plan.json', text }, (edited) => send(api, approval, edited));
}

function planOf({ detail }: Approval): Record<string, Json> {
  const shown = detail as Record<string, Json>;
  return Object.fromEntries(parts.map((part) => [part, shown[part] ?? null]));
}

/** Sends what differs from the plan as it stands. */
async function send(api: Api, approval: Approval, text: string) {
  const before = planOf(approval);
  const after = parse(text);
  const changed = parts.filter((part) => part in after && canonicalJson(after[part]) !== canonicalJson(before[part]));
  if (changed.length === 0) throw new DomainError('conflict', 'Nothing was changed: the plan is as it was.');
  const changes = Object.fromEntries(changed.map((part) => [part, after[part]])) as Changes;
  const input = { okrRunId: approval.okrRun.id, ...changes };
  return (await api.ask(editPlanMutation, { input })).editPlan.okrRun;
}

function parse(text: string): Record<string, unknown> {
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    throw new DomainError('invalid_input', `The plan is no JSON: ${(error as Error).message}.`, {}, { cause: error });
  }
  const given = typeof plan === 'object' && plan !== null ? (plan as Record<string, unknown>) : {};
  if (parts.some((part) => part in given)) return given;
  throw new DomainError('invalid_input', `The plan must be an object with at least one of ${parts.join(', ')}.`);
}
