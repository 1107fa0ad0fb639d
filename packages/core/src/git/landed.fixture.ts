import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { type FinishedTask } from './task-world.fixture.js';

/** The user's checkout is at the landed commit: branch, index and files. */
export function expectLanded({ origin, landing }: FinishedTask): void {
  expect(origin.git('rev-parse', 'main', 'HEAD').split('\n')).toEqual([landing, landing]);
  expect(origin.git('status', '--porcelain')).toBe('');
  expect(origin.read('a.txt')).toBe('one\nmine\nthree\n');
  expect(origin.read('becomes-folder/inside')).toBe('y\n');
  expect(readdirSync(origin.path).sort()).toEqual(['.git', 'a.txt', 'b.txt', 'becomes-folder', 'sub']);
}
