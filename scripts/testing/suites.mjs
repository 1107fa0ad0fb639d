import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { passes } from './checks.mjs';

/**
 * The projects of vitest.config.ts, cheapest first. Those of a group run side by side, so many files at once: whole Fermatas
 * wait for programs and for deaths to be noticed, most of the time.
 * @type {readonly { suites: readonly string[], filesAtOnce: number }[]}
 */
const groups = [
  { suites: ['unit'], filesAtOnce: 2 },
  { suites: ['architecture', 'replay'], filesAtOnce: 2 },
  { suites: ['workflows', 'integration'], filesAtOnce: 2 },
  { suites: ['e2e', 'agents', 'chaos'], filesAtOnce: 3 },
];

export const suites = groups.flatMap((group) => group.suites);

/**
 * What is run one after the other to run these suites.
 * @param {(suite: string) => boolean} isWanted
 */
export function groupsOf(isWanted) {
  return groups
    .map(({ suites, filesAtOnce }) => ({ suites: suites.filter(isWanted), filesAtOnce }))
    .filter(({ suites }) => suites.length > 0);
}

/** @typedef {{ suite: string, passed: number, failed: number, failures: string[] }} SuiteResult `failures`: a line each */
/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} TestResult */
/** @typedef {{ name: string, status: string, message: string, assertionResults: TestResult[] }} FileResult */
/** @typedef {{ testResults: FileResult[] }} Report What Vitest's JSON reporter writes, as far as it is read here. */

/**
 * Runs suites side by side, counts their tests and names those that did not pass. A suite that ended without a report, or without
 * running a single test, has failed.
 * @param {ReturnType<typeof groupsOf>[number]} group
 * @returns {Promise<SuiteResult[]>}
 */
export async function runSuites({ suites, filesAtOnce }) {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-tests-'));
  const report = join(folder, 'report.json');
  try {
    const args = [
      ...['run', ...suites.flatMap((suite) => ['--project', suite]), `--maxWorkers=${filesAtOnce}`],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ];
    const ok = await passes({ program: 'vitest', args });
    const read = readReport(report);
    // The set-up of one of them failed, and took the others with it.
    if (read === null && suites.length > 1) return await runOneByOne({ suites, filesAtOnce });
    return resultsOf(suites, read, ok);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {ReturnType<typeof groupsOf>[number]} group */
async function runOneByOne({ suites, filesAtOnce }) {
  const results = [];
  for (const suite of suites) results.push(...(await runSuites({ suites: [suite], filesAtOnce })));
  return results;
}

/**
 * @param {readonly string[]} suites
 * @param {Report | null} report
 * @param {boolean} ok what the runner itself says
 * @returns {SuiteResult[]}
 */
function resultsOf(suites, report, ok) {
  const results = suites.map((suite) => {
    const files = (report?.testResults ?? []).filter(({ name }) => suiteOf(name) === suite);
    const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
    const passed = statuses.filter((status) => status === 'passed').length;
    const failures = passed === 0 ? [`${suite}: not a single test passed`, ...failuresIn(files)] : failuresIn(files);
    return { suite, passed, failed: failures.length, failures };
  });
  const [first] = results;
  // An error outside a test (an unhandled rejection, a set-up) fails the run alone.
  if (ok || first === undefined || results.some(({ failed }) => failed > 0)) return results;
  const failures = [`${suites.join(', ')}: an error outside the tests, see above`];
  return [{ ...first, failed: 1, failures }, ...results.slice(1)];
}

/** @param {string} file as an absolute path */
function suiteOf(file) {
  const path = relative(process.cwd(), file);
  if (path.endsWith('.workflow.test.ts')) return 'workflows';
  return /^test\/([^/]+)\//.exec(path)?.[1] ?? 'unit';
}

/**
 * What did not pass, a line each: the file, the test, and the first line of why. A skipped test proves nothing.
 * @param {readonly FileResult[]} files
 * @returns {string[]}
 */
function failuresIn(files) {
  return files.flatMap((file) => {
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
