import type { Command } from 'commander';
import type { Act, AddVerb } from '../act.js';
import { askHidden, readAll } from '../asking.js';
import type { Context } from '../context.js';
import { removeSecretMutation, rotateSecretsMutation, saveSecretMutation, secretsQuery } from '../graphql/secret.js';
import { renderRotation, renderSecrets } from '../rendering/secret.js';
import { pageOf } from './page-of.js';

export const addSecret: AddVerb = (program, act) => {
  const secret = program
    .command('secret')
    .description('what the workspace keeps secret, such as keys of model providers');
  addSet(secret, act);
  addList(secret, act);
  addRemove(secret, act);
  addRotate(secret, act);
};

function addSet(secret: Command, act: Act): void {
  secret
    .command('set')
    .description('store a secret; its value comes from standard input, or is asked for')
    .argument('<name>', 'capital letters, digits and "_"')
    .action(
      act(async (context, name: string) => {
        const api = await context.api();
        const input = { name, value: await readValue(context, name) };
        const { secret: saved } = (await api.ask(saveSecretMutation, { input })).saveSecret;
        return { text: `${saved.name} is stored.`, json: { secret: saved } };
      }),
    );
}

/** Never an argument: others on the machine see those, and the shell keeps them. */
async function readValue(context: Context, name: string): Promise<string> {
  if (context.stdin.isTTY === true) return askHidden(context, `The value of ${name} (it is not shown):`);
  // The end of the line is that of `echo` or of a file, not of the value.
  return (await readAll(context)).replace(/\r?\n$/, '');
}

function addList(secret: Command, act: Act): void {
  secret
    .command('list')
    .description('list the secrets, without their values')
    .action(
      act(async (context) => {
        const { secrets } = await (await context.api()).ask(secretsQuery, {});
        return { text: renderSecrets(secrets, pageOf(context)), json: { secrets } };
      }),
    );
}

function addRemove(secret: Command, act: Act): void {
  secret
    .command('remove')
    .description('remove a secret')
    .argument('<name>')
    .action(
      act(async (context, name: string) => {
        const removed = (await (await context.api()).ask(removeSecretMutation, { input: { name } })).removeSecret
          .secret;
        return { text: `${removed.name} is removed.`, json: { secret: removed } };
      }),
    );
}

function addRotate(secret: Command, act: Act): void {
  secret
    .command('rotate')
    .description('encrypt the secrets with another key: a new one, or the first of FERMATA_SECRET_KEYS')
    .action(
      act(async (context) => {
        const { rotateSecrets: rotation } = await (await context.api()).ask(rotateSecretsMutation, {});
        return { text: renderRotation(rotation), json: { rotation } };
      }),
    );
}
