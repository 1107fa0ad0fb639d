// Runs inside a sandbox, as the parent of the command: leads from ports of the sandbox's own loopback to socket files.
// Started by bubblewrap-arguments.ts only, as one file: it may import nothing but Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { connect, createServer } from 'node:net';

const [relaysText = '[]', program = '', ...args] = process.argv.slice(2);
const relays = JSON.parse(relaysText) as { port: number; socket: string }[];

async function listen({ port, socket }: { port: number; socket: string }): Promise<void> {
  const server = createServer((inside) => {
    const outside = connect(socket);
    inside.on('error', () => outside.destroy());
    outside.on('error', () => inside.destroy());
    inside.once('close', () => outside.destroy());
    outside.once('close', () => inside.destroy());
    inside.pipe(outside).pipe(inside);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

await Promise.all(relays.map(listen));
// The command gets them too, and decides when it ends.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
const child = spawn(program, args, { stdio: 'inherit' });
child.once('error', (error) => {
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(127);
});
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
