// Every check and every test: `npm test`. `npm test -- unit e2e` runs only those suites. What failed is named again at the
// end, and the last line has the counts.
import { passes, staticChecks } from './testing/checks.mjs';
import { runSuite, suites } from './testing/suites.mjs';

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

function count(name, { passed, failed, failures }, startedAt) {
  total.passed += passed;
  total.failed += failed;
  allFailures.push(...failures);
  tell(`== ${name}: ${passed} passed, ${failed} failed (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

if (isWanted('check')) {
  for (const check of staticChecks) {
    const startedAt = Date.now();
    const ok = await passes(check);
    count(check.name, { passed: Number(ok), failed: Number(!ok), failures: ok ? [] : [check.name] }, startedAt);
  }
}
for (const suite of suites.filter(isWanted)) {
  const startedAt = Date.now();
  tell(`== ${suite}`);
  count(suite, await runSuite(suite), startedAt);
}
if (allFailures.length > 0) tell(['== failed', ...allFailures].join('\n'));
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
