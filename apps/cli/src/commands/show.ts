import { DomainError, IdPrefix, idPrefix } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { agentQuery } from '../graphql/agent.js';
import type { Api } from '../graphql/api.js';
import { approvalQuery } from '../graphql/approval.js';
import { found } from '../graphql/found.js';
import { okrRunQuery } from '../graphql/okr-run.js';
import { readAgentRun } from '../graphql/read-agent-run.js';
import { repositoryQuery } from '../graphql/repository.js';
import { changeRequestQuery, taskQuery } from '../graphql/task.js';
import { renderAgentRun } from '../rendering/agent-run.js';
import { renderAgent } from '../rendering/agent.js';
import { renderApproval } from '../rendering/approval.js';
import { renderBudget } from '../rendering/budget.js';
import { renderChangeRequest } from '../rendering/change-request.js';
import { renderOkrRun } from '../rendering/okr-run.js';
import type { Page } from '../rendering/page.js';
import { renderRepository } from '../rendering/repository.js';
import { renderTask } from '../rendering/task.js';
import { readBudget } from './budget-subject.js';
import { pageOf } from './page-of.js';
import { calledAs } from '../called-as.js';

interface Shown {
  text: string;
  json: unknown;
}

type Show = (api: Api, id: string, page: Page) => Promise<Shown>;

/** What is shown of each kind of thing that has an id of its own. */
const shows: Partial<Record<IdPrefix, Show>> = {
  [IdPrefix.okrRun]: async (api, id, page) => {
    const okrRun = found((await api.ask(okrRunQuery, { id })).okrRun, 'OKR run', id);
    return { text: renderOkrRun(okrRun, page), json: { okrRun } };
  },
  [IdPrefix.task]: async (api, id, page) => {
    const task = found((await api.ask(taskQuery, { id })).task, 'task', id);
    return { text: renderTask(task, page), json: { task } };
  },
  [IdPrefix.agentRun]: async (api, id, page) => {
    const agentRun = await readAgentRun(api, id);
    return { text: renderAgentRun(agentRun, page), json: { agentRun } };
  },
  [IdPrefix.approval]: async (api, id, page) => {
    const approval = found((await api.ask(approvalQuery, { id })).approval, 'approval', id);
    return { text: renderApproval(approval, page), json: { approval } };
  },
  [IdPrefix.changeRequest]: async (api, id, page) => {
    const changeRequest = found((await api.ask(changeRequestQuery, { id })).changeRequest, 'change request', id);
    return { text: renderChangeRequest(changeRequest, page), json: { changeRequest } };
  },
  [IdPrefix.repository]: async (api, id, page) => {
    const repository = found((await api.ask(repositoryQuery, { id })).repository, 'repository', id);
    return { text: renderRepository(repository, page), json: { repository } };
  },
  [IdPrefix.agent]: async (api, id, page) => {
    const agent = found((await api.ask(agentQuery, { id })).agent, 'agent', id);
    return { text: renderAgent(agent, page), json: { agent } };
  },
  [IdPrefix.budget]: async (api, id, page) => {
    const budget = await readBudget(api, id);
    return { text: renderBudget(budget, page), json: { budget } };
  },
};

/** Things that are parts of others and are shown with them. */
const partOf: Partial<Record<IdPrefix, string>> = {
  [IdPrefix.step]: `Steps are shown with their agent run: ${calledAs} logs run_…`,
  [IdPrefix.keyResult]: `Key results are shown with their run: ${calledAs} show okr_…`,
  [IdPrefix.objective]: `Objectives are shown with their run: ${calledAs} show okr_…`,
  [IdPrefix.gateResult]: `Gates are shown with their task: ${calledAs} show task_…`,
  [IdPrefix.review]: `Reviews are shown with their task: ${calledAs} show task_…`,
};

export const addShow: AddVerb = (program, act) => {
  program
    .command('show')
    .description('show anything by its id, with what it waits for and who can release it')
    .argument('<id>')
    .action(act(async (context, id: string) => showNode(await context.api(), id, pageOf(context))));
};

/** @throws DomainError `invalid_input` for ids of nothing that can be shown; `not_found` */
export async function showNode(api: Api, id: string, page: Page): Promise<Shown> {
  const prefix = idPrefix(id);
  const show = prefix === null ? undefined : shows[prefix];
  if (show !== undefined) return show(api, id, page);
  const hint = prefix === null ? undefined : partOf[prefix];
  const kinds = Object.keys(shows).map((kind) => `${kind}_…`);
  throw new DomainError('invalid_input', `"${id}" cannot be shown. ${hint ?? `Ids look like ${kinds.join(', ')}.`}`, {
    id,
  });
}
