import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { holdPort, portTaken } from '../free-port.js';
import { startOnFreePorts } from './start-on-free-ports.js';

describe('starting on free ports', () => {
  it('starts again on another port when someone takes the first in between', async () => {
    const tried: number[] = [];
    const port = await startOnFreePorts([{ name: 'postgres' }], async ([port = 0]) => {
      tried.push(port);
      if (tried.length === 1) throw portTaken('postgres', port);
      return port;
    });
    expect(tried).toHaveLength(2);
    expect(port).toBe(tried[1]);
  });

  it('does not insist on a remembered port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: taken } = server.address() as { port: number };
    const ports = await startOnFreePorts([{ name: 'postgres', remembered: taken }], async (chosen) => chosen);
    expect(ports[0]).not.toBe(taken);
    await expect(
      startOnFreePorts([{ name: 'postgres', configured: taken }], async () => undefined),
    ).rejects.toMatchObject({ code: 'port_taken' });
    server.close();
  });

  it('uses a remembered port that is free', async () => {
    const held = await holdPort({ name: 'temporal' });
    const { port } = held;
    await held.release();
    expect(await startOnFreePorts([{ name: 'temporal', remembered: port }], async (ports) => ports)).toEqual([port]);
  });

  it('passes any other failure on at once', async () => {
    let starts = 0;
    const start = async (): Promise<void> => {
      starts++;
      throw new Error('broken');
    };
    await expect(startOnFreePorts([{ name: 'postgres' }], start)).rejects.toThrow('broken');
    expect(starts).toBe(1);
  });
});
