import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryName } from './replace-file.js';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const content = (path: string) => readFileSync(join(tree.path, path), 'utf8');

describe('write', () => {
  it('makes a file and its folders', async () => {
    const outcome = await tree.run('write', { path: 'a/b/c.txt', content: 'hé\r\n' });
    expect(outcome).toEqual({
      text: 'Made a/b/c.txt (5 bytes).',
      isError: false,
      mayHaveChangedFiles: true,
      truncated: false,
      fingerprint: expect.any(String) as string,
    });
    expect(content('a/b/c.txt')).toBe('hé\r\n');
    expect(readdirSync(join(tree.path, 'a/b'))).toEqual(['c.txt']);
  });

  it('replaces a file, keeps its mode, and can be run again', async () => {
    tree.put('run.sh', 'old');
    chmodSync(join(tree.path, 'run.sh'), 0o755);
    const first = await tree.run('write', { path: 'run.sh', content: 'new' });
    expect(first.text).toBe('Replaced the content of run.sh (3 bytes).');
    const again = await tree.run('write', { path: 'run.sh', content: 'new' }, { retry: true });
    expect(again).toMatchObject({ isError: false, mayHaveChangedFiles: false });
    expect(content('run.sh')).toBe('new');
    expect(statSync(join(tree.path, 'run.sh')).mode & 0o777).toBe(0o755);
  });

  it('removes what a write left that was killed half way, and is not led astray by it', async () => {
    symlinkSync(join(tree.outside, 'secret.txt'), join(tree.path, temporaryName('a.txt')));
    tree.put(temporaryName('b.txt'), 'half of i');
    await tree.run('write', { path: 'a.txt', content: 'one' });
    await tree.run('write', { path: 'b.txt', content: 'two' });
    expect(readdirSync(tree.path)).toEqual(['.git', 'a.txt', 'b.txt']);
    expect([content('a.txt'), content('b.txt')]).toEqual(['one', 'two']);
    expect(readFileSync(join(tree.outside, 'secret.txt'), 'utf8')).toBe('the secret\n');
  });

  it('replaces binary files and makes empty ones', async () => {
    tree.put('image.png', Buffer.from([0, 1, 2]));
    await tree.run('write', { path: 'image.png', content: '' });
    expect(content('image.png')).toBe('');
  });

  it('refuses folders and the worktree itself', async () => {
    tree.put('folder/x', 'x');
    expect((await tree.run('write', { path: 'folder', content: 'x' })).text).toContain('is a folder');
    expect((await tree.run('write', { path: '.', content: 'x' })).text).toContain('is a folder');
  });

  it('refuses half characters, which would be stored as something else', async () => {
    const outcome = await tree.run('write', { path: 'a.txt', content: 'x\ud83d' });
    expect(outcome.errorCode).toBe('tool_input_invalid');
    expect(existsSync(join(tree.path, 'a.txt'))).toBe(false);
  });
});

describe('edit', () => {
  const edit = (old_string: string, new_string: string, more: Record<string, boolean | string> = {}) =>
    tree.run('edit', { path: 'a.txt', old_string, new_string, ...more });
  const editAgain = (old_string: string, new_string: string) =>
    tree.run('edit', { path: 'a.txt', old_string, new_string }, { retry: true });

  it('replaces the one place, whatever is in the new text', async () => {
    tree.put('a.txt', 'one\ntwo\nthree\n');
    chmodSync(join(tree.path, 'a.txt'), 0o600);
    const outcome = await edit('two', "$& $1 $' two");
    expect(outcome).toMatchObject({
      text: 'Replaced 1 place (line 2) in a.txt.',
      isError: false,
      mayHaveChangedFiles: true,
    });
    expect(content('a.txt')).toBe("one\n$& $1 $' two\nthree\n");
    expect(statSync(join(tree.path, 'a.txt')).mode & 0o777).toBe(0o600);
  });

  it('refuses several places unless all are meant', async () => {
    tree.put('a.txt', 'x\ny\nx\n');
    const refused = await edit('x', 'z');
    expect(refused.text).toContain('occurs at 2 places (line 1, 3)');
    expect(content('a.txt')).toBe('x\ny\nx\n');
    await edit('x', 'z', { replace_all: true });
    expect(content('a.txt')).toBe('z\ny\nz\n');
  });

  it('keeps \\r\\n in a file that has it, and a byte order mark', async () => {
    tree.put('a.txt', '\uFEFFone\r\ntwo\r\nthree\r\n');
    await edit('one\ntwo\n', 'eins\nzwei\n');
    expect(content('a.txt')).toBe('\uFEFFeins\r\nzwei\r\nthree\r\n');
    await edit('three', 'drei\nvier');
    expect(content('a.txt')).toBe('\uFEFFeins\r\nzwei\r\ndrei\r\nvier\r\n');
  });

  it('shows what differs only in white space', async () => {
    tree.put('a.txt', 'if (x) {\n\treturn  1;\n}\n');
    const outcome = await edit('if (x) {\n  return 1;\n}', 'z');
    expect(outcome.text).toBe(
      'old_string was not found in a.txt. Lines 1 to 3 differ from it only in white space. They are:\n```\nif (x) {\n\treturn  1;\n}\n```',
    );
    expect(outcome).toMatchObject({ isError: true, mayHaveChangedFiles: false });
  });

  it('says when the line numbers were copied, the case differs, or only the first line is there', async () => {
    tree.put('a.txt', 'Hello World\nsecond line\n');
    expect((await edit('     1\tHello World', 'x')).text).toContain('line numbers that read shows');
    expect((await edit('hello world', 'x')).text).toContain('upper and lower case');
    expect((await edit('Hello World\nthird line', 'x')).text).toContain('is at line 1, but what is around it differs');
    expect((await edit('something else', 'x')).text).toContain('Nothing like it is there');
  });

  it('refuses what it would damage, and what changes nothing', async () => {
    tree.put('a.txt', Buffer.from('caf\xe9', 'latin1'));
    expect((await edit('caf', 'x')).text).toContain('is not UTF-8');
    expect(readFileSync(join(tree.path, 'a.txt'))).toEqual(Buffer.from('caf\xe9', 'latin1'));
    tree.put('a.txt', Buffer.from([0, 0]));
    expect((await edit('a', 'x')).text).toContain('binary file');
    expect((await edit('a', 'a')).errorCode).toBe('tool_input_invalid');
    expect((await edit('', 'a')).text).toContain('use write');
    writeFileSync(join(tree.path, 'b.txt'), 'x');
    expect((await edit('a', 'b', { path: 'c.txt' })).text).toContain('c.txt does not exist');
  });

  it('is not made twice when its first answer was lost', async () => {
    tree.put('a.txt', 'one\n');
    await edit('one', 'two');
    expect((await edit('one', 'two')).isError).toBe(true);
    const again = await editAgain('one', 'two');
    expect(again).toMatchObject({ isError: false });
    expect(again.text).toContain('already applied');
    expect(content('a.txt')).toBe('two\n');
  });

  it('is made by the second attempt when the first did not come to it', async () => {
    tree.put('a.txt', 'one\n');
    expect((await editAgain('one', 'two')).text).toContain('Replaced 1 place');
    expect(content('a.txt')).toBe('two\n');
  });

  it('tells the model to look when it could have been made or not', async () => {
    tree.put('a.txt', 'import a;\n');
    await edit('import a;', 'import a;\nimport b;');
    const again = await editAgain('import a;', 'import a;\nimport b;');
    expect(again).toMatchObject({ isError: true, mayHaveChangedFiles: true });
    expect(again.text).toContain('was interrupted');
    expect(content('a.txt')).toBe('import a;\nimport b;\n');
  });
});

describe('bash', () => {
  it('runs bash in the worktree and says how it ended', async () => {
    const outcome = await tree.run('bash', { command: 'echo $((1 + 1)) > two; [[ -f two ]] && pwd && echo oops >&2' });
    expect(outcome.text).toBe(`${tree.path}\noops\n[exit code 0]`);
    expect(outcome).toMatchObject({ isError: false, mayHaveChangedFiles: true, truncated: false });
    expect(content('two')).toBe('2\n');
    const failing = await tree.run('bash', { command: 'echo no; exit 3' });
    expect(failing).toMatchObject({ text: 'no\n[exit code 3]', isError: true, errorCode: 'command_failed' });
    expect((await tree.run('bash', { command: 'true' })).text).toBe('[exit code 0, no output]');
    expect((await tree.run('bash', { command: 'kill -9 $$' })).text).toBe('[ended by signal SIGKILL]');
  });

  it('does without bash where there is none', async () => {
    const outcome = await tree.run('bash', { command: 'echo here' }, { env: { PATH: '/nowhere' } });
    expect(outcome.text).toBe('here\n[exit code 0]');
  });

  it('sees only the environment it is given', async () => {
    const outcome = await tree.run('bash', { command: 'env' }, { env: { PATH: '/usr/bin:/bin', ONLY: 'this' } });
    expect(outcome.text).toContain('ONLY=this');
    expect(outcome.text).not.toContain('HOME=');
  });

  it('ends what takes too long, children and all, and keeps what was printed', async () => {
    const command = 'echo started; sleep 300 & echo $! > pid; wait';
    const outcome = await tree.run('bash', { command, timeout_ms: 1_000 });
    expect(outcome.text).toBe('started\n[timed out after 1 s; everything it had started was ended]');
    expect(outcome).toMatchObject({ isError: true, errorCode: 'timeout', mayHaveChangedFiles: true });
    expect(() => process.kill(Number(content('pid')), 0)).toThrow();
  });

  it('keeps the beginning and the end of long output', async () => {
    const command = 'echo first; yes | head -c 5000000; echo; echo last';
    const outcome = await tree.run('bash', { command }, { outputCapBytes: 4_000 });
    expect(Buffer.byteLength(outcome.text)).toBeLessThanOrEqual(4_000);
    expect(outcome.text.startsWith('first\n')).toBe(true);
    expect(outcome.text.endsWith('last\n[exit code 0]')).toBe(true);
    expect(outcome.truncated).toBe(true);
  });

  it('shows progress, and throws when aborted', async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    const onProgress = (chunk: string) => {
      seen.push(chunk);
      abort.abort(new Error('cancelled by a person'));
    };
    const running = tree.run('bash', { command: 'echo begin; sleep 300' }, { signal: abort.signal, onProgress });
    await expect(running).rejects.toThrow('cancelled by a person');
    expect(seen.join('')).toBe('begin\n');
  });

  it('gives back text that a database can store', async () => {
    const outcome = await tree.run('bash', { command: "printf 'a\\0b'" });
    expect(outcome.text).toBe('a\uFFFDb\n[exit code 0]');
  });

  it('refuses a time limit it does not have', async () => {
    expect((await tree.run('bash', { command: 'true', timeout_ms: 600_001 })).text).toContain('timeout_ms: Too big');
  });
});
