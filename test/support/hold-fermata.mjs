// Holds one Fermata for a test, as a process of its own that the test may kill. Started by fermata.ts, never by hand.
// Argument: the options of `startFermata` as JSON; its environment is what API and worker are told. Lines of JSON on stdout:
// first `{"ready":{…}}` or `{"failed":{…}}`, then every `{"step":{…}}`. It ends when its standard input does.
import { findTemporal, startFermata } from '@fermata/stack';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const ended = new Promise((resolve) => process.stdin.once('end', resolve).once('error', resolve).resume());

try {
  const fermata = await startFermata({
    ...JSON.parse(process.argv[2] ?? '{}'),
    environment: process.env,
    temporalBinary: (await findTemporal(process.env))?.path,
    onProgress: (step) => say({ step }),
  });
  const { apiUrl, token, stack } = fermata;
  say({
    ready: {
      apiUrl,
      token,
      databaseUrl: stack.databaseUrl,
      temporalAddress: stack.temporalAddress,
      temporalNamespace: stack.temporalNamespace,
    },
  });
  await ended;
  await fermata.stop();
} catch (error) {
  say({ failed: { code: error?.code ?? null, message: error?.message ?? String(error) } });
  process.exitCode = 1;
}
process.stdin.destroy();
