import { connect, createServer } from 'node:net';

/**
 * Leads from a socket file to one port of this machine's loopback: how a sandbox reaches a service of ours.
 * @returns ends it
 */
export async function startGatewayRelay(socket: string, port: number): Promise<() => Promise<void>> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((inside) => {
    const outside = connect({ host: '127.0.0.1', port });
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  server.unref();
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const one of open) one.destroy();
    await closed;
  };
}
