import { environmentOfProcess, readConfig } from './config.js';
import { runCli } from './run-cli.js';

const { stdin, stdout, stderr } = process;
const config = readConfig(environmentOfProcess());
// A reader that goes away (`fermata okr list | head`) is no failure of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, config, cwd: process.cwd() });
// Connections kept open for a next request that does not come would hold the process for seconds.
stdout.write('', () => stderr.write('', () => process.exit()));
