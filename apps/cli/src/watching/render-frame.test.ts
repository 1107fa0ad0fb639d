import { describe, expect, it } from 'vitest';
import type { OkrRun } from '../graphql/okr-run.js';
import { uncoloured } from '../rendering/style.js';
import { columnsOf } from '../rendering/table.js';
import { anOkrRun, aTask } from '../testing/rows.fixture.js';
import { renderFrame } from './render-frame.js';

const room = { style: uncoloured, width: 60, rows: 10, now: new Date('2026-01-31T09:31:00.000Z'), lost: false };
const since = '2026-01-31T09:30:00.000Z';
const waitingOn = {
  kind: 'budget',
  since,
  detail: 'The cap is reached. '.repeat(5),
  releasableBy: [],
  subjectId: null,
};

describe('the live view', () => {
  it('says what the run waits for and how to release it', () => {
    const frame = renderFrame(anOkrRun({ waitingOn }) as unknown as OkrRun, room).join('\n');
    expect(frame).toContain('waits for money: The cap is reached.');
    expect(frame).toContain('fermata budget set okr_');
  });

  it('fits its room: no line wraps, and tasks that do not fit are counted, those at work shown', () => {
    const tasks = [
      ...Array.from({ length: 30 }, () => aTask({ state: 'done' })),
      aTask({ title: 'At work', waitingOn }),
    ];
    const frame = renderFrame(anOkrRun({ tasks, waitingOn }) as unknown as OkrRun, room);
    expect(frame.length).toBeLessThanOrEqual(room.rows);
    expect(Math.max(...frame.map(columnsOf))).toBeLessThan(room.width);
    expect(frame.join('\n')).toMatch(/At work[\s\S]*and 2\d more/);
  });
});
