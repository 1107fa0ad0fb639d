import { resolve } from 'node:path';
import { DomainError } from '@fermata/contracts';
import type { Fermata } from '@fermata/stack';
import type { AddVerb } from '../act.js';
import type { Environment } from '../config.js';
import type { Context, Outcome } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { createApi } from '../graphql/api.js';
import { startQuery } from '../graphql/status.js';
import { removeServerFile, writeServerFile } from '../running/server-file.js';
import { renderGreeting, type UpDocument } from '../starting/greeting.js';
import { modelSetUp, storedKeys } from '../starting/model-set-up.js';
import { passedEnvironment } from '../starting/passed-environment.js';
import { createStartProgress, type StartProgress } from '../starting/start-progress.js';
import { portNumber } from './arguments.js';
import { calledAs } from '../called-as.js';

interface UpOptions {
  dataDir?: string;
  port?: number;
  model?: string;
}

export const addUp: AddVerb = (program, act) => {
  program
    .command('up')
    .description('start everything on this machine and run until ^C')
    .option('--data-dir <path>', 'where everything is kept; FERMATA_HOME or ~/.fermata when left out')
    .option('--port <n>', 'port of the API; a free one, kept from start to start, when left out', portNumber)
    .option('--model <name>', 'model of the default agent')
    .action(act(up));
};

async function up(context: Context, options: UpOptions): Promise<Outcome> {
  const home = resolve(context.cwd, options.dataDir ?? context.config.home);
  const environment = passedEnvironment(context.config.environment, options.model);
  const interrupted = context.interruptible();
  const progress = createStartProgress(context);
  const begun = performance.now();
  const onInterrupt = () => progress.note('Stopping. ^C again ends it at once; nothing is lost either way.');
  interrupted.addEventListener('abort', onInterrupt, { once: true });
  try {
    const fermata = await start(context, { home, port: options.port, environment, progress });
    if (fermata === null) return { text: '', json: { stopped: true }, exitCode: ExitCode.interrupted };
    const document = await announce(context, fermata, { home, environment, begun });
    await aborted(interrupted);
    await removeServerFile(home);
    await fermata.stop();
    progress.note('Stopped.');
    // The one document was printed when it was up.
    return { text: '', json: document, printed: true };
  } finally {
    progress.end();
  }
}

interface Start {
  home: string;
  port: number | undefined;
  environment: Record<string, string>;
  progress: StartProgress;
}

/** Null when it was interrupted before it was up. */
async function start(context: Context, { home, port, environment, progress }: Start): Promise<Fermata | null> {
  // The stack is loaded by this verb alone: the others start in a fraction of the time without it.
  const { startFermata } = await import('@fermata/stack');
  const signal = context.interruptible();
  const servers = {
    ...(await temporalServer(context.config.environment)),
    ...givenDatabase(context.config.environment),
  };
  try {
    return await startFermata({
      dataDir: home,
      environment,
      ...servers,
      ...(port !== undefined && { ports: { api: port } }),
      onProgress: (step) => progress.step(step),
      signal,
    });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function givenDatabase({ DATABASE_URL: databaseUrl }: Environment) {
  return databaseUrl ? { databaseUrl } : {};
}

/** The server that the environment names, else the program to start one. */
async function temporalServer(environment: Environment) {
  const { TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_NAMESPACE: temporalNamespace } = environment;
  const namespace = temporalNamespace ? { temporalNamespace } : {};
  if (temporalAddress) return { temporalAddress, ...namespace };
  const { findTemporal } = await import('@fermata/stack');
  const found = await findTemporal(environment);
  if (found !== null) return { temporalBinary: found.path, ...namespace };
  throw new DomainError(
    'missing_program',
    `There is no Temporal server: \`temporal\` is not on PATH and no copy is cached. Run \`${calledAs} up\` from the clone, which fetches one; or install the Temporal CLI; or set TEMPORAL_ADDRESS to a server that runs.`,
  );
}

interface Begun {
  home: string;
  environment: Record<string, string>;
  begun: number;
}

async function announce(context: Context, fermata: Fermata, { home, environment, begun }: Begun): Promise<UpDocument> {
  const { tokenFileIn } = await import('@fermata/stack');
  const { apiUrl, stack, token } = fermata;
  const tokenFile = tokenFileIn(home);
  await writeServerFile(home, {
    url: apiUrl,
    temporalUiUrl: stack.temporalUiUrl,
    pid: process.pid,
    startedAt: new Date().toISOString(),
  });
  const server = { url: apiUrl, urlFrom: 'this start', token, tokenFrom: tokenFile };
  const api = createApi(server, { say: (line) => void context.stderr.write(`${line}\n`) });
  const { agents, repositories, secrets } = await api.ask(startQuery, {});
  const standard = agents.nodes.find(({ name }) => name === 'default')?.model ?? null;
  const isSetUp = modelSetUp(environment).found.length > 0 || storedKeys(secrets).length > 0;
  const document: UpDocument = {
    apiUrl,
    graphqlUrl: `${apiUrl}/graphql`,
    temporalUiUrl: stack.temporalUiUrl,
    tokenFile,
    dataDir: home,
    pid: process.pid,
    model: isSetUp ? standard : null,
    startedInMs: Math.round(performance.now() - begun),
  };
  if (context.json) context.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else context.stdout.write(`${renderGreeting(document, repositories.nodes.length > 0)}\n`);
  return document;
}

/** Neither the servers nor a listener for signals keep this process alive: the timer does. */
async function aborted(signal: AbortSignal): Promise<void> {
  const hold = setInterval(() => undefined, 2 ** 30);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
  clearInterval(hold);
}
