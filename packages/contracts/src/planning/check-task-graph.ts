/** One node of a task graph: what it is called and what must be done before it. */
export interface GraphNode {
  key: string;
  dependsOn: readonly string[];
}

/**
 * Every reason why the graph cannot be run, as sentences that name the tasks: duplicate keys, unknown or self
 * dependencies, cycles. Empty when it can.
 */
export function checkTaskGraph(nodes: readonly GraphNode[]): string[] {
  const local = [...duplicateKeys(nodes), ...nodes.flatMap((node) => badDependencies(node, nodes))];
  if (local.length > 0) return local;
  const cycle = findCycle(nodes);
  return cycle ? [`tasks depend on each other in a circle: ${cycle.join(' -> ')}`] : [];
}

function duplicateKeys(nodes: readonly GraphNode[]): string[] {
  const keys = nodes.map((node) => node.key);
  const repeated = new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
  return [...repeated].map((key) => `two tasks have the key "${key}"`);
}

function badDependencies(node: GraphNode, nodes: readonly GraphNode[]): string[] {
  return node.dependsOn.flatMap((key) => {
    if (key === node.key) return [`task "${node.key}" depends on itself`];
    if (!nodes.some((other) => other.key === key)) return [`task "${node.key}" depends on unknown task "${key}"`];
    return [];
  });
}

/** The keys along one cycle, first and last the same, or null. */
function findCycle(nodes: readonly GraphNode[]): string[] | null {
  const remaining = new Map(nodes.map((node) => [node.key, new Set(node.dependsOn)]));
  for (let free = freeKeys(remaining); free.length > 0; free = freeKeys(remaining)) {
    for (const key of free) remaining.delete(key);
    for (const dependencies of remaining.values()) for (const key of free) dependencies.delete(key);
  }
  const [start] = remaining.keys();
  return start === undefined ? null : walkCycle(start, remaining);
}

function freeKeys(remaining: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...remaining].filter(([, dependencies]) => dependencies.size === 0).map(([key]) => key);
}

/** Every remaining node still depends on a remaining one, so following any edge must come round. */
function walkCycle(start: string, remaining: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path: string[] = [];
  let key: string | undefined = start;
  while (key !== undefined && !path.includes(key)) {
    path.push(key);
    [key] = remaining.get(key) ?? [];
  }
  return key === undefined ? path : [...path.slice(path.indexOf(key)), key];
}
