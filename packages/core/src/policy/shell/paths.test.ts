import { describe, expect, it } from 'vitest';
import { place } from '../corpus/corpus.fixture.js';
import { anyName, anyText, anyWords, freshPath } from './marks.js';
import { resolvePath, siteOf } from './paths.js';

const site = (text: string, cwd = place.worktree) =>
  siteOf(resolvePath(cwd, text), { ...place, scratch: ['/tmp/own'] });

describe('where a path lies', () => {
  it.each([
    ['.', 'worktree'],
    ['src/..', 'worktree'],
    ['../task/', 'worktree'],
    [anyName, 'content'],
    [`./${anyName}/`, 'content'],
    ['.git', 'git'],
    ['.git/config', 'git'],
    ['.github', 'inside'],
    ['src', 'inside'],
    [`src/${anyName}`, 'inside'],
    [`${anyName}.ts`, 'inside'],
    ['a//b/./c', 'inside'],
    ['..', 'outside'],
    ['../task2', 'outside'],
    ['a/../../b', 'outside'],
    ['/srv/work/tas', 'outside'],
    ['/', 'outside'],
    ['//etc', 'outside'],
    ['/tmp/own/x', 'fresh'],
    ['/tmp/own', 'outside'],
    ['/tmp/other', 'outside'],
    [freshPath, 'fresh'],
    [`${freshPath}/a`, 'fresh'],
    [`${freshPath}/../a`, 'unknown'],
    [anyText, 'unknown'],
    [`a/${anyText}`, 'unknown'],
    [`a/${anyWords}/b`, 'unknown'],
    [`a/${anyText}/../b`, 'unknown'],
    [`.${anyName}`, 'unknown'],
    [`a/..${anyName}`, 'unknown'],
  ] as const)('%j is %s', (text, expected) => expect(site(text)).toBe(expected));

  it('is not known where the folder is not', () => {
    expect(site('a', anyText)).toBe('unknown');
    expect(site('/srv/work/task/a', anyText)).toBe('inside');
    expect(resolvePath(anyText, '../.env')).toBe(`${anyText}/.env`);
  });
});
