import { expect, it } from 'vitest';
import type { Context } from '../context.js';
import type { OkrRun } from '../graphql/okr-run.js';
import { uncoloured } from '../rendering/style.js';
import { anOkrRun } from '../testing/rows.fixture.js';
import { createLines } from './lines.js';

it('tells once that a step keeps failing, however often it fails, and again when it has begun anew', () => {
  const lines: string[] = [];
  const view = createLines({ style: uncoloured, say: (line) => void lines.push(line) } as Context);
  const failing = (times: number, since: string) => {
    const detail = `Running a gate has failed ${times} times: the reason. It is tried again.`;
    const waitingOn = { kind: 'retry', since, detail, releasableBy: ['operator'], subjectId: null };
    view.run(anOkrRun({ waitingOn }) as unknown as OkrRun);
  };
  failing(3, '2026-01-31T09:30:00.000Z');
  failing(4, '2026-01-31T09:30:00.000Z');
  failing(3, '2026-01-31T10:30:00.000Z');
  expect(lines).toEqual([
    expect.stringContaining('waits for another try: Running a gate has failed 3 times: the reason.'),
    expect.stringContaining('waits for another try: Running a gate has failed 3 times: the reason.'),
  ]);
});
