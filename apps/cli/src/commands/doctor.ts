import type { AddVerb } from '../act.js';
import { checks } from '../examining/checks.js';
import { ExitCode } from '../exit-code.js';
import { secretsQuery } from '../graphql/secret.js';
import { statusQuery } from '../graphql/status.js';
import { renderFindings } from '../rendering/findings.js';
import { pageOf } from './page-of.js';

export const addDoctor: AddVerb = (program, act) => {
  program
    .command('doctor')
    .description('look at what Fermata needs on this machine, and say the way out of what is wrong')
    .action(
      act(async (context) => {
        const { home, environment } = context.config;
        const status = async () => (await (await context.api()).ask(statusQuery, {}, { retries: 0 })).status;
        const hosts = async () => (await status()).hosts;
        const modelCircuits = async () => (await status()).modelCircuits;
        const secrets = async () => (await (await context.api()).ask(secretsQuery, {}, { retries: 0 })).secrets;
        const patient = { home, environment, hosts, modelCircuits, secrets };
        const findings = [];
        for (const check of checks) findings.push(await check(patient));
        const ok = findings.every(({ state }) => state !== 'fail');
        const exitCode = ok ? ExitCode.done : ExitCode.failed;
        return { text: renderFindings(findings, pageOf(context)), json: { ok, checks: findings }, exitCode };
      }),
    );
};
