import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { passes } from './checks.mjs';

/** The projects of vitest.config.ts, cheapest first. */
export const suites = ['unit', 'architecture', 'replay', 'workflows', 'integration', 'e2e', 'agents', 'chaos'];

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} TestResult */
/** @typedef {{ name: string, status: string, message: string, assertionResults: TestResult[] }} FileResult */
/**
 * What Vitest's JSON reporter writes, as far as it is read here.
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: FileResult[] }} Report
 */

/**
 * Runs a suite, counts its tests and names those that did not pass. A suite that ended without a report, or without running a single test, has failed.
 * @param {string} project
 * @returns {Promise<Counts & { failures: string[] }>} one line for each failure
 */
export async function runSuite(project) {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-tests-'));
  const report = join(folder, 'report.json');
  try {
    const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const ok = await passes({ program: 'vitest', args });
    const read = readReport(report);
    return { ...countsIn(read, ok), failures: failuresIn(read) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Omit<Report, 'testResults'> | null} report
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

/**
 * What did not pass, a line each: the file, the test, and the first line of why.
 * @param {Pick<Report, 'testResults'> | null} report
 * @returns {string[]}
 */
export function failuresIn(report) {
  return (report?.testResults ?? []).flatMap((file) => {
    const name = relative(process.cwd(), file.name);
    const tests = file.assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(
        ({ status, fullName, failureMessages }) => `${name} > ${fullName}: ${firstLine(failureMessages[0]) || status}`,
      );
    return tests.length === 0 && file.status === 'failed' ? [`${name}: ${firstLine(file.message)}`] : tests;
  });
}

/** @param {string | undefined} text */
function firstLine(text) {
  return (text ?? '').split('\n', 1)[0];
}

/**
 * @param {string} path
 * @returns {Report | null}
 */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
