import type { Plan, PlannedKeyResult, PlannedTask } from '@fermata/contracts';

export const sampleKeyResult: PlannedKeyResult = {
  title: 'Type errors',
  unit: 'errors',
  statedBaseline: 12,
  target: 0,
  direction: 'decrease',
  measure: {
    kind: 'command',
    command: 'npm run types',
    read: { type: 'regex', pattern: 'Found (\\d+)' },
    timeoutMs: 60_000,
  },
};

export const sampleTask: PlannedTask = {
  key: 'fix-parser',
  title: 'Fix the parser',
  instructions: 'Type the parser.',
  acceptanceCriteria: ['The parser has no type errors.'],
  verificationSteps: ['Run npm run types.'],
  dependsOn: [],
  predictedPaths: ['src/parser.ts'],
};

export const samplePlan: Plan = {
  objective: { title: 'Types hold', description: 'No type errors are left.' },
  keyResults: [sampleKeyResult],
  tasks: [sampleTask, { ...sampleTask, key: 'fix-printer', title: 'Fix the printer', dependsOn: ['fix-parser'] }],
};
