import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launch } from './launch.js';
import { explainServerFailure } from './server-failure.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-launch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a server that ends while it starts', () => {
  it('is known for a taken port although a long stack trace follows the cause', async () => {
    const logFile = join(folder, 'server.log');
    const script = `
      console.error('panic: listen tcp 127.0.0.1:1: bind: address already in use');
      for (let line = 0; line < 600; line += 1) console.error('\\t/somewhere/in/go/server.go:' + line + ' +0x96');
      process.exitCode = 2;`;
    const server = await launch({ program: process.execPath, args: ['-e', script], cwd: folder, env: {}, logFile });
    const how = await server.ended;
    const failure = { part: 'temporal', how, output: server.logTail(), logFile, dataPath: folder } as const;
    expect(explainServerFailure(failure)).toMatchObject({ code: 'port_taken' });
  });
});
