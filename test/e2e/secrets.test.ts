import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, ask, runEnd, submitGoal } from '../support/goals.js';
import { bash, finishes, planOf, useModel, writes } from '../support/model.js';
import { git, landedOn, makeRepository } from '../support/small-repository.js';
import { awsKey, webToken } from '../support/token-at-work.js';

const key = 'sk-stored-in-the-workspace';
const model = useModel();
// The address of the provider and no key.
const fermata = useFermata(() => ({
  FERMATA_MODEL: 'claude-sonnet-5-5',
  ANTHROPIC_BASE_URL: model.server.anthropicBaseUrl,
}));

/** The files below a folder in which the text stands, whatever they are: logs, databases, what tasks wrote. */
function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}

it('a provider key that is stored, under a key that was rotated, does the work of a goal and is nowhere in the clear', async () => {
  const keyFile = join(fermata.dataDir, 'secret-keys.json');
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  const location = await makeRepository(join(fermata.folder, 'stored'));
  const repositoryId = await addRepository(fermata.held, location, {
    gates: [{ name: 'check', command: 'test -e README.md' }],
  });

  const saving = 'mutation ($input: SaveSecretInput!) { saveSecret(input: $input) { secret { keyId } } }';
  await ask(fermata.held, saving, { input: { name: 'ANTHROPIC_API_KEY', value: key } });
  const before = readFileSync(keyFile, 'utf8');
  expect(await ask(fermata.held, 'mutation { rotateSecrets { rotated } }')).toEqual({ rotateSecrets: { rotated: 1 } });
  expect(readFileSync(keyFile, 'utf8')).not.toBe(before);

  model.plans('stored', [planOf({ work: { title: 'stored work' } })]);
  const seen = join(fermata.witnesses, 'environment');
  const fixture = `${awsKey} ${webToken}\n`;
  const used = join(fermata.witnesses, 'used');
  model.works('stored work', [
    bash(`env > ${seen}`),
    writes('done.txt', 'done\n'),
    writes('scanner.test.txt', fixture),
    bash(`echo ${awsKey} | tr A-Z a-z > ${used}; cat scanner.test.txt missing.${awsKey}`),
    finishes(`It knows ${awsKey} and ${webToken}.`),
  ]);
  const id = await submitGoal(fermata.held, repositoryId);
  expect(await runEnd(fermata.held, id)).toMatchObject({ state: 'completed' });
  expect(await landedOn(location)).toHaveLength(1);
  expect(await git(location, 'show', 'main:scanner.test.txt')).toBe(fixture.trim());
  expect(readFileSync(used, 'utf8')).toBe(`${awsKey.toLowerCase()}\n`);

  // As the scripted model logs a key: who it was.
  const sent = new Set(model.server.requests().map(({ headers }) => headers['x-api-key']));
  expect(sent).toEqual(new Set([`sha256:${createHash('sha256').update(key).digest('hex').slice(0, 12)}`]));
  expect(readFileSync(seen, 'utf8')).toContain('PATH=');
  await fermata.held.stop();
  // Postgres and Temporal keep all they know below the data directory.
  expect(filesWith(key, fermata.folder)).toEqual([]);
  expect(filesWith('ANTHROPIC_API_KEY', fermata.folder).length).toBeGreaterThan(0);
  // What the model made up is in the files that it was written to, which git compresses, and in no log, table or history.
  for (const token of [awsKey, webToken])
    expect(filesWith(token, fermata.folder).filter((path) => !path.endsWith('scanner.test.txt'))).toEqual([]);
});
