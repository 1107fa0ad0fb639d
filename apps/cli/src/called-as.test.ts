import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFakeApi } from './testing/fake-api.fixture.js';
import { anApproval, aPage } from './testing/rows.fixture.js';
import { runFermata } from './testing/run-fermata.fixture.js';

const env = { FERMATA_CALLED_AS: './fermata' };

describe('hints', () => {
  it('name the command as it was called', async () => {
    const api = await startFakeApi({ approvals: () => aPage([anApproval()]), okrRuns: () => aPage([]) });
    const said = async (args: string[], options: object) => {
      const { stdout, stderr } = await runFermata(args, { env, ...options });
      return stdout + stderr;
    };
    try {
      expect(await said(['inbox'], { api })).toContain('    ./fermata approve apr_');
      expect(await said(['okr', 'list'], { api })).toContain('Begin one: ./fermata go "<goal>"');
      expect(await said(['status'], {})).toContain('Start one with `./fermata up`');
      expect(await said(['nonsense'], {})).toContain('See `./fermata VERB --help`');
      expect(await said(['status'], { env: {} })).toContain('Start one with `fermata up`');
    } finally {
      await api.close();
    }
  });

  it('are written with the name from one place', () => {
    const spelled =
      /['"`][^'"`\n]*(?<![\w/@.])(?:\.\/)?fermata (?:up|down|status|doctor|repo|go|okr|inbox|approve|deny)\b/;
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file),
    );
    const lines = sources.flatMap((file) =>
      readFileSync(join(import.meta.dirname, file), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line) && spelled.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(sources.length).toBeGreaterThan(50);
    expect(lines).toEqual([]);
  });
});
