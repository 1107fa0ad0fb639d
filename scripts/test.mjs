// Every check and every test: `npm test`. `npm test -- unit e2e` runs only those suites. What failed is named again at the
// end, and the last line has the counts.
import { passes, staticChecks } from './testing/checks.mjs';
import { groupsOf, runSuites, suites } from './testing/suites.mjs';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.includes(name) && name !== 'check');
if (unknown.length > 0) {
  process.stderr.write(`test: no suite is named ${unknown.join(', ')}. There are: check, ${suites.join(', ')}.\n`);
  process.exit(2);
}
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const tell = (text) => process.stderr.write(`${text}\n`);
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const allFailures = [];

/** @param {{ suite: string, passed: number, failed: number, failures: string[] }} result */
function count({ suite, passed, failed, failures }, startedAt) {
  total.passed += passed;
  total.failed += failed;
  allFailures.push(...failures);
  tell(`== ${suite}: ${passed} passed, ${failed} failed (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

if (isWanted('check')) {
  const startedAt = Date.now();
  const outcomes = await Promise.all(staticChecks.map(passes));
  for (const [index, { name: suite }] of staticChecks.entries()) {
    const ok = outcomes[index];
    count({ suite, passed: Number(ok), failed: Number(!ok), failures: ok ? [] : [suite] }, startedAt);
  }
}
for (const group of groupsOf(isWanted)) {
  const startedAt = Date.now();
  tell(`== ${group.suites.join(', ')}`);
  for (const result of await runSuites(group)) count(result, startedAt);
}
if (allFailures.length > 0) tell(['== failed', ...allFailures].join('\n'));
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
