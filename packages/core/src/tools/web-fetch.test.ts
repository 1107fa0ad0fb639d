import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

const words = `${Array.from({ length: 400 }, (_, at) => `word-${at}-${'x'.repeat(at % 90)}`).join(' ')} the end`;
const pages: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/html': (response) =>
    response
      .writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' })
      .end(
        Buffer.from('<h1>Gr\u00fc\u00dfe</h1><script>steal()</script><ul><li><a href="/x">One</a></li></ul>', 'latin1'),
      ),
  '/long': (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('abcdefghij'.repeat(1_000)),
  '/huge': (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(7 * 1024 * 1024)),
  '/huge-words': (response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end('key-of-12-x '.repeat(500_000)),
  '/image': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end('x'),
  '/missing': (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('gone'),
  '/here': (response) => response.writeHead(302, { location: '/html' }).end(),
  '/away': (response) => response.writeHead(302, { location: 'https://elsewhere.example/page' }).end(),
  '/circle': (response) => response.writeHead(302, { location: '/circle' }).end(),
  '/words': (response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(words),
  '/cut': (response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' }).write('half');
    setTimeout(() => response.destroy(), 50);
  },
};

let tree: TestWorktree;
let server: Server;
let base: string;
const asked: Record<string, unknown>[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers);
    pages[request.url ?? '']?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const get = (path: string, options = {}, outputCapBytes = 4_000) =>
  tree.run('web_fetch', { url: base + path, ...options }, { inwardHosts: async () => ['127.0.0.1'], outputCapBytes });

describe('web_fetch', () => {
  it('shows HTML as Markdown, without its scripts, marked as material', async () => {
    const { text, isError } = await get('/html');
    expect(isError).toBe(false);
    expect(text).toMatch(/answered 200\.\n<fermata-data kind="web page"/);
    expect(text).toContain('# Gr\u00fc\u00dfe');
    expect(text).toContain('[One](/x)');
    expect(text).not.toContain('steal');
  });

  it('sends nothing of ours along', async () => {
    await get('/html');
    expect(Object.keys(asked.at(-1) ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('shows a long page part by part', async () => {
    const first = await get('/long');
    expect(first.text).toContain('[8000 more characters; go on with from: 2000]');
    const last = await get('/long', { from: 8_500 });
    expect(last.text).not.toContain('more characters');
  });

  it('shows all of a page on its way through it, and no part of a word', async () => {
    let [from, seen] = [0, ''];
    while (!seen.includes('the end')) {
      const { text } = await get('/words', { from }, 2_100);
      seen += /\n<fermata-data[^>]*>\n([\s\S]*)\n<\/fermata-data/.exec(text)?.[1] ?? '';
      seen += ' ';
      const next = Number(/go on with from: (\d+)\]/.exec(text)?.[1] ?? Infinity);
      expect(next).toBeGreaterThan(from);
      from = next;
    }
    expect(seen.split(/\s+/).filter((word) => word !== '')).toEqual(words.split(' '));
  });

  it('takes no more than 5 MiB, and says so', async () => {
    expect((await get('/huge', { from: 5 * 1024 * 1024 - 10 })).text).toContain('longer than 5 MiB');
  });

  it('ends such a page between two words', async () => {
    const { text } = await get('/huge-words', { from: 5 * 1024 * 1024 - 1_000 });
    expect(text).toMatch(/^.*\n<fermata-data[^>]*>\n(key-of-12-x\s+)+<\/fermata-data/);
  });

  it.each([
    ['/image', 'is no text (image/png, 1 bytes)'],
    ['/missing', 'answered 404'],
    ['/circle', 'leads in a circle'],
    ['/cut', 'could not be fetched'],
  ])('tells what is wrong with %s', async (path, words) => {
    const outcome = await get(path);
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toContain(words);
  });

  it('follows a redirect on the same host and names one to another', async () => {
    expect((await get('/here')).text).toContain('# Gr\u00fc\u00dfe');
    expect((await get('/away')).text).toContain(
      'leads to another host. Fetch it there if you need it: https://elsewhere.example/page',
    );
  });

  it.each([
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:7f00:1]',
    '2130706433',
    '0x7f.1',
    '169.254.169.254',
    '10.0.0.1',
  ])('does not reach %s unless a person listed it', async (host) => {
    const before = asked.length;
    const url = `http://${host}:${new URL(base).port}/html`;
    const outcome = await tree.run('web_fetch', { url }, { inwardHosts: async () => ['other.example'] });
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toContain('not a public address');
    expect(asked.length).toBe(before);
  });

  it.each(['ftp://a.example/x', 'file:///etc/passwd', 'https://user:key@a.example/', 'nonsense'])(
    'refuses %s',
    async (url) => {
      expect(await tree.run('web_fetch', { url })).toMatchObject({ isError: true, errorCode: 'tool_input_invalid' });
    },
  );
});
