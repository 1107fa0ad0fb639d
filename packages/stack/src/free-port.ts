import { createServer, type Server } from 'node:net';
import { DomainError } from '@fermata/contracts';

/** A port that nobody else can take until it is released. */
export interface HeldPort {
  port: number;
  release(): Promise<void>;
}

export interface PortWish {
  /** What the port is for, in messages and as the name of its setting (`postgres`, `temporal`, `temporalUi`). */
  name: string;
  /** Asked for by the user: this port or an error. */
  configured?: number | undefined;
  /** Used the last time: this port if it is free. */
  remembered?: number | undefined;
}

/**
 * Holds a port on loopback until just before the server that is to have it starts.
 * @throws DomainError `port_taken` when the configured port cannot be had
 */
export async function holdPort({ name, configured, remembered }: PortWish): Promise<HeldPort> {
  if (configured !== undefined && configured !== 0) {
    const held = await tryToHold(configured);
    if (held === null) throw portTaken(name, configured);
    return held;
  }
  const held = (remembered === undefined ? null : await tryToHold(remembered)) ?? (await tryToHold(0));
  if (held === null)
    throw new DomainError(
      'unavailable',
      `No free port was found on 127.0.0.1 for ${name}. End programs that hold many ports and try again.`,
      { name },
    );
  return held;
}

/**
 * Looks for a configured port before anything is started that would have to be ended again.
 * @throws DomainError `port_taken`
 */
export async function requireFreePort(name: string, port: number): Promise<void> {
  const held = await holdPort({ name, configured: port });
  await held.release();
}

/** The configured port of `name` belongs to another program. */
export function portTaken(name: string, port: number): DomainError {
  const message = `Port ${port} on 127.0.0.1, configured for ${name}, is taken by another program or not allowed for this user. End that program (\`ss -ltnp | grep ${port}\` names it), configure another port, or configure none to get a free one.`;
  return new DomainError('port_taken', message, { name, port });
}

function tryToHold(port: number): Promise<HeldPort | null> {
  return new Promise((resolve) => {
    const server: Server = createServer();
    server.unref();
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      const held = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ port: held, release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
