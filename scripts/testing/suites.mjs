import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passes } from './checks.mjs';

/** The projects of vitest.config.ts, cheapest first. */
export const suites = ['unit', 'architecture', 'replay', 'workflows', 'integration', 'e2e', 'chaos'];

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * Runs a suite and counts its tests. A suite that ended without a report, or without running a single test, has failed.
 * @param {string} project
 * @returns {Promise<Counts>}
 */
export async function runSuite(project) {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-tests-'));
  const report = join(folder, 'report.json');
  try {
    const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const ok = await passes({ program: 'vitest', args });
    return countsIn(readReport(report), ok);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number } | null} report
 * @param {boolean} ok
 * @returns {Counts}
 */
export function countsIn(report, ok) {
  if (report === null) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests, numPendingTests } = report;
  // A skipped test proves nothing, and an error outside a test (a hook, an unhandled rejection) fails the run alone.
  const failed = numFailedTests + numPendingTests;
  return { passed, failed: failed === 0 && (!ok || passed === 0) ? 1 : failed };
}

/** @param {string} path */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
