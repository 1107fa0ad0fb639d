// What is quick and needs no server: format, types, lint, dead code, architecture, unit and replay. `npm run check`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const test = fileURLToPath(new URL('test.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [test, 'check', 'unit', 'architecture', 'replay'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
