import { meetsTarget, type PlannedKeyResult } from '@fermata/contracts';

/** What makes key results unfit to be measured, beyond their shape. */
export function checkKeyResults(keyResults: readonly PlannedKeyResult[]): string[] {
  return [...repeatedTitles(keyResults), ...keyResults.flatMap(checkKeyResult), ...allMet(keyResults)];
}

function repeatedTitles(keyResults: readonly PlannedKeyResult[]): string[] {
  const titles = keyResults.map(({ title }) => title.toLowerCase());
  return titles.flatMap((title, index) => {
    const first = titles.indexOf(title);
    return first < index ? [`keyResults[${index}].title: is the title of keyResults[${first}] too`] : [];
  });
}

function checkKeyResult(keyResult: PlannedKeyResult, index: number): string[] {
  const at = `keyResults[${index}]`;
  return [...checkTarget(keyResult, at), ...checkMeasure(keyResult, at)];
}

/** A target equal to the baseline is a guard ("all tests still pass"); one behind it is a mistake. */
function checkTarget({ statedBaseline, target, direction }: PlannedKeyResult, at: string): string[] {
  if (statedBaseline === null || statedBaseline === target || !meetsTarget(statedBaseline, target, direction))
    return [];
  return [
    `${at}.target: ${target} lies behind the stated baseline of ${statedBaseline}, for a value that is to ${direction}`,
  ];
}

function allMet(keyResults: readonly PlannedKeyResult[]): string[] {
  const open = keyResults.some(
    ({ statedBaseline, target, direction }) => !meetsTarget(statedBaseline, target, direction),
  );
  return open ? [] : ['keyResults: every target is met by its stated baseline already, so nothing would be achieved'];
}

function checkMeasure(keyResult: PlannedKeyResult, at: string): string[] {
  const { measure } = keyResult;
  switch (measure.kind) {
    case 'tasks':
      return checkTasksMeasure(keyResult, at);
    case 'command':
      return checkReader(keyResult, at);
    case 'manual':
      return [];
  }
}

function checkTasksMeasure({ unit, target, direction }: PlannedKeyResult, at: string): string[] {
  return [
    ...(['percent', '%'].includes(unit.toLowerCase())
      ? []
      : [`${at}.unit: the measure "tasks" gives percent, not "${unit}"`]),
    ...(target > 0 && target <= 100
      ? []
      : [`${at}.target: the measure "tasks" lies above 0 and at most at 100, not at ${target}`]),
    ...(direction === 'increase' ? [] : [`${at}.direction: the measure "tasks" can only increase`]),
  ];
}

function checkReader({ measure, target }: PlannedKeyResult, at: string): string[] {
  if (measure.kind !== 'command') return [];
  const { read } = measure;
  switch (read.type) {
    case 'exit_code':
      return target === 0 || target === 1 ? [] : [`${at}.target: the reader "exit_code" gives 1 or 0, never ${target}`];
    case 'regex':
      return checkPattern(read.pattern).map((problem) => `${at}.measure.read.pattern: ${problem}`);
    case 'json_pointer':
      return /~(?![01])/.test(read.pointer)
        ? [`${at}.measure.read.pointer: "~" must be written "~0", and "/" inside a name "~1" (RFC 6901)`]
        : [];
  }
}

function checkPattern(pattern: string): string[] {
  try {
    // An alternative that matches nothing makes the match succeed, so its length tells the number of groups.
    const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
    return groups > 0 ? [] : ['has no capture group to read the number from'];
  } catch {
    return ['is no valid regular expression'];
  }
}
