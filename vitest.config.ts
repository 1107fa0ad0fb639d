import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Real servers and processes start slowly on two cores: the limits are there to end a hang, not to time anything. */
const patient = { testTimeout: 120_000, hookTimeout: 240_000 };

export default defineConfig({
  test: {
    // On two processors too: most files wait for programs that they have started.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts'],
          exclude: ['**/*.workflow.test.ts', '**/node_modules/**', '**/dist/**'],
          // `npm test` comes through the launcher, which says what it was called as; the tests say it themselves.
          env: { FERMATA_CALLED_AS: '' },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'workflows',
          include: ['packages/workflows/src/**/*.workflow.test.ts'],
          globalSetup: ['test/support/temporal.setup.ts'],
          // They wait for a server, most of the time.
          sequence: { concurrent: true },
          maxConcurrency: 8,
          ...patient,
        },
      },
      { test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'], ...patient } },
      { test: { name: 'replay', include: ['test/replay/**/*.test.ts'], ...patient } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/postgres.setup.ts'],
          ...patient,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'agents',
          include: ['test/agents/**/*.test.ts'],
          globalSetup: ['test/support/postgres.setup.ts', 'test/support/agents.setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
