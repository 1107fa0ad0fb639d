import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {{ name: string, program: string, args: string[] }} Check One thing that is right or wrong as a whole. */

/** @type {readonly Check[]} What is proven without running anything. */
export const staticChecks = [
  { name: 'format', program: 'prettier', args: ['--check', '--log-level=warn', '.'] },
  { name: 'types', program: 'tsc', args: ['-p', 'tsconfig.test.json'] },
  { name: 'lint', program: 'eslint', args: ['.'] },
  { name: 'dead code', program: 'knip', args: [] },
];

/**
 * Runs a program of node_modules with our output as its own.
 * @param {{ program: string, args: readonly string[] }} command
 * @returns {Promise<boolean>} whether it exited 0
 */
export function passes({ program, args }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}
