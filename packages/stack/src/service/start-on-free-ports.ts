import { isDomainError } from '@fermata/contracts';
import { type HeldPort, holdPort, type PortWish } from '../free-port.js';

/**
 * Holds a free port for each wish, lets them go and starts. Between the two another program may take one: then it is done
 * again with other ports, unless the port was configured.
 * @param start resolves once the server has its ports; throws `port_taken` when one of them was lost
 * @throws what `start` throws; `port_taken` when a configured port is taken
 */
export async function startOnFreePorts<T>(
  wishes: readonly PortWish[],
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const held: HeldPort[] = [];
    try {
      // After a lost race a remembered port is not tried again.
      for (const wish of wishes) held.push(await holdPort(attempt === 1 ? wish : { ...wish, remembered: undefined }));
    } finally {
      await Promise.all(held.map((port) => port.release()));
    }
    try {
      return await start(held.map(({ port }) => port));
    } catch (error) {
      if (attempt === attempts || !isDomainError(error) || error.code !== 'port_taken') throw error;
    }
  }
}

const attempts = 5;
