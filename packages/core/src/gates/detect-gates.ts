import type { GateDefinition, GateSource } from '@fermata/contracts';
import { goGates, makeGates, pythonGates, rustGates } from './build-tools.js';
import { nodeGates } from './node-project.js';
import { type DetectedGate, readProject } from './project.js';

const detectedTimeoutMs = 15 * 60 * 1_000;
/** Quick ones first: what fails early saves the rest. */
const order = ['typecheck', 'lint', 'check', 'test', 'build'];

/**
 * The gates a repository has by its own build files: package.json, Cargo.toml, go.mod, pyproject.toml, Makefile.
 * Where two of them name the same gate, the later one is called `<name>-<tool>`. A Makefile only adds what no other file
 * has, since its targets commonly call the others.
 * @param root - absolute path of a checkout; only its top folder is looked at
 */
export async function detectGates(root: string): Promise<{ gates: GateDefinition[]; source: GateSource }> {
  const project = await readProject(root);
  const own = [nodeGates, rustGates, goGates, pythonGates].flatMap((detect) => inOrder(detect(project)));
  const made = inOrder(makeGates(project)).filter((gate) => !own.some(({ name }) => name === gate.name));
  const gates = [...own, ...made].map((gate, index, all): GateDefinition => ({
    name: all.slice(0, index).some(({ name }) => name === gate.name) ? `${gate.name}-${gate.tool}` : gate.name,
    command: gate.command,
    timeoutMs: detectedTimeoutMs,
  }));
  return { gates, source: gates.length > 0 ? 'detected' : 'none' };
}

const inOrder = (gates: readonly DetectedGate[]): DetectedGate[] =>
  [...gates].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
