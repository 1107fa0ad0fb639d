import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProcess } from '../processes/index.js';
import { type ContainedWorld, createContainedWorld } from './contained-world.fixture.js';
import { parseHosts } from './host-rules.js';

let server: Server;
let port: number;
let world: ContainedWorld;

beforeEach(async () => {
  server = createServer((request, response) => response.end(`outside saw ${request.headers.host}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await world.sandboxes.close();
  server.closeAllConnections();
  server.close();
});

/** Names that only the proxy knows; `listed.example` is allowed, and this machine's address with it. */
const withHosts = () =>
  createContainedWorld({
    network: {
      hosts: {
        work: parseHosts(`listed.example:${port},127.0.0.1/32`).filter((rule) => rule !== null),
        setup: [],
      },
      resolve: async () => ['127.0.0.1'],
    },
  });

const fetching = (address: string): string =>
  `node -e 'fetch("${address}").then(async (r) => console.log(r.status, await r.text()), (e) => console.log("failed", e.cause?.code ?? e.message))'`;

describe('the network of a sandbox', () => {
  it('is none: not this machine, not another, and no names', async () => {
    world = await createContainedWorld();
    for (const address of [
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      'http://192.0.2.1',
      'http://example.com',
    ]) {
      expect((await world.sh(fetching(address))).output, address).toMatch(/^failed /);
    }
    expect((await world.sh('cat /proc/net/dev')).output.match(/^\s*\w+:/gm)).toEqual(['    lo:']);
    expect((await world.sh('env')).output).not.toMatch(/proxy/i);
    const socket = `python3 -c 'import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'`;
    expect((await world.sh(socket)).exitCode).not.toBe(0);
  });

  it('has a loopback of its own, on which its programs reach each other', async () => {
    world = await createContainedWorld();
    const own = `node -e 'require("http").createServer((q, s) => s.end("inside")).listen(${port}, "127.0.0.1", async () => { console.log(await (await fetch("http://127.0.0.1:${port}")).text()); process.exit() })'`;
    expect((await world.sh(own)).output).toBe('inside\n');
  });

  it('reaches a listed host and no other, through the proxy alone', async () => {
    world = await withHosts();
    expect((await world.sh(fetching(`http://listed.example:${port}/`))).output).toBe(
      `200 outside saw listed.example:${port}\n`,
    );
    const curl = (address: string): string => `curl --silent --show-error --max-time 10 ${address}`;
    expect((await world.sh(curl(`http://listed.example:${port}/`))).output).toContain('outside saw listed.example');
    expect((await world.sh(curl(`http://unlisted.example:${port}/`))).output).toContain('not among the hosts');
    expect((await world.sh(curl('https://unlisted.example/'))).exitCode).not.toBe(0);
    for (const around of [`--noproxy '*' http://127.0.0.1:${port}/`, `--noproxy '*' http://listed.example:${port}/`]) {
      expect((await world.sh(curl(around))).exitCode).not.toBe(0);
    }
    expect((await world.sh(curl(`http://127.0.0.1:${port}/`))).output).not.toContain('outside saw');
  });

  it('reaches of the listed hosts those that its policy names, where it is held to that', async () => {
    world = await withHosts();
    const reached = (hosts: readonly string[]) =>
      world.sandboxes.within({ worktreeId: 'task_1', purpose: 'work', hosts }, async (place) => {
        const command = `curl --silent --max-time 10 http://listed.example:${port}/ || echo failed`;
        return (await runProcess({ command, shell: true, cwd: world.work.path, ...place })).output;
      });
    expect(await reached(['*.example'])).toContain('outside saw listed.example');
    expect(await reached(['other.example'])).toContain('not among the hosts');
    expect(await reached([])).toBe('failed\n');
    // A policy cannot open what the worker's own settings do not.
    const unlisted = world.sandboxes.within({ worktreeId: 'task_1', purpose: 'work', hosts: ['*'] }, (place) =>
      runProcess({ command: `curl --silent http://unlisted.example/`, shell: true, cwd: world.work.path, ...place }),
    );
    expect((await unlisted).output).toContain('not among the hosts');
  });

  it('leaves the command what it is: output, exit code, input, and its time to clean up', async () => {
    world = await withHosts();
    expect(await world.sh('cat; echo err >&2; exit 3', { stdin: 'in' })).toMatchObject({
      ...{ exitCode: 3, stdout: 'in', stderr: 'err\n' },
    });
    expect((await world.sh('kill -9 $$')).exitCode).toBe(137);
    const late = await world.sh(`trap 'echo cleaned; exit 7' TERM; echo up; while :; do sleep 0.05; done`, {
      timeoutMs: 1_500,
    });
    expect(late).toMatchObject({ timedOut: true, exitCode: 7, stdout: 'up\ncleaned\n' });
  });

  it('leads to one port of this machine where that is asked for, and to no other', async () => {
    world = await createContainedWorld();
    const other = createTcpServer((socket) => socket.end('other'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port: otherPort } = other.address() as AddressInfo;
    const order = { worktreeId: 'task_1', purpose: 'work', gatewayPort: port } as const;
    const output = await world.sandboxes.within(order, async (place) => {
      const command = `${fetching(`http://127.0.0.1:${port}/`)}; ${fetching(`http://127.0.0.1:${otherPort}/`)}`;
      return (await runProcess({ command, shell: true, cwd: world.work.path, ...place })).output;
    });
    other.close();
    expect(output).toMatch(new RegExp(`^200 outside saw 127.0.0.1:${port}\nfailed ECONNREFUSED\n$`));
  });
});
