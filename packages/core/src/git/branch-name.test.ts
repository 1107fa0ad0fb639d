import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { branchNameFor } from './branch-name.js';

const taskId = 'task_01jd8x4m9k7p2q5r8s0t3vwxyz';

describe('branchNameFor', () => {
  it('is readable, ends in the id and is the same every time', () => {
    expect(branchNameFor({ taskId, title: 'Add a /health endpoint' })).toBe(
      'fermata/add-a-health-endpoint-t3vwxyz'.replace('t3vwxyz', '0t3vwxyz'),
    );
    expect(branchNameFor({ taskId, title: 'Übergröße ändern' })).toBe('fermata/ubergro-e-andern-0t3vwxyz');
  });

  it('is a valid ref whatever the title and the id are', () => {
    const titles = [
      '',
      '🚀',
      '日本語',
      '..',
      'a..b',
      'x.lock',
      '.hidden',
      '@{',
      '-rf',
      'a b\n\tc',
      '~^:?*[\\',
      'x'.repeat(300),
      '/',
      'HEAD',
      `${'y'.repeat(39)} z`,
      'a\0b',
    ];
    for (const title of titles) {
      for (const id of [taskId, '', '_', 'x']) {
        const name = branchNameFor({ taskId: id, title });
        execFileSync('git', ['check-ref-format', '--branch', name]);
        expect(name).toMatch(/^fermata\/[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(name.length).toBeLessThan(70);
      }
    }
  });
});
