import { checkTaskGraph, type PlannedTask } from '@fermata/contracts';

/** What makes tasks unfit to be run, beyond their shape: the graph, and paths outside the repository. */
export function checkTasks(tasks: readonly PlannedTask[]): string[] {
  return [...checkGraph(tasks), ...tasks.flatMap(repeatedDependencies), ...tasks.flatMap(badPaths)];
}

/** Problems of single tasks are told apart from those of the whole by asking about each task's edges alone. */
function checkGraph(tasks: readonly PlannedTask[]): string[] {
  const bare = tasks.map(({ key }) => ({ key, dependsOn: [] as readonly string[] }));
  const duplicates = checkTaskGraph(bare);
  if (duplicates.length > 0) return duplicates.map((problem) => `tasks: ${problem}`);
  const local = tasks.flatMap(({ key, dependsOn }, index) =>
    checkTaskGraph(bare.with(index, { key, dependsOn })).map((problem) => `tasks[${index}].dependsOn: ${problem}`),
  );
  return local.length > 0 ? local : checkTaskGraph(tasks).map((problem) => `tasks: ${problem}`);
}

function repeatedDependencies({ dependsOn }: PlannedTask, index: number): string[] {
  const repeated = new Set(dependsOn.filter((key, place) => dependsOn.indexOf(key) !== place));
  return [...repeated].map((key) => `tasks[${index}].dependsOn: lists "${key}" more than once`);
}

function badPaths({ predictedPaths }: PlannedTask, index: number): string[] {
  return predictedPaths.flatMap((path, place) => {
    const problem = pathProblem(path);
    return problem ? [`tasks[${index}].predictedPaths[${place}]: "${path}" ${problem}`] : [];
  });
}

function pathProblem(path: string): string | null {
  if (/^([/\\~]|[a-z]:)/i.test(path)) return 'is not relative to the root of the repository';
  const segments = path.split(/[/\\]/);
  if (segments.includes('..')) return 'leads out of the repository';
  return segments[0]?.toLowerCase() === '.git' ? "lies in git's own folder" : null;
}
