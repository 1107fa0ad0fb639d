import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../apps/api/dist/config.js';

const root = path.resolve(import.meta.dirname, '../../..');

describe('what is committed of the API', () => {
  it('has the schema that the code has: run `node apps/api/dist/print-schema.js > apps/api/schema.graphql`', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${root}/apps/api/dist/print-schema.js`]);
    expect(await readFile(`${root}/apps/api/schema.graphql`, 'utf8')).toBe(stdout);
  });

  it('names every key of the configuration in .env.example', async () => {
    const example = await readFile(`${root}/.env.example`, 'utf8');
    const keys = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, key]) => key);
    for (const key of Object.keys(configSchema.shape)) expect(keys).toContain(key);
  });
});
