/** How a value is read from what a command printed. `exit_code`: 1 when it exited 0, otherwise 0. */
export type ValueReader =
  | { type: 'exit_code' }
  /** The first capture group of the last match in stdout, as a number. */
  | { type: 'regex'; pattern: string }
  /** RFC 6901 pointer into stdout parsed as JSON. */
  | { type: 'json_pointer'; pointer: string };

/** How the value of a key result is read. A command comes from a model: it runs only after a person approved it. */
export type Measure =
  | { kind: 'command'; command: string; read: ValueReader; timeoutMs: number }
  /** Tasks merged, in percent of those planned. */
  | { kind: 'tasks' }
  /** A person is asked. */
  | { kind: 'manual'; question: string };

/** `increase`: the target is met at or above it; `decrease`: at or below it. */
export type TargetDirection = 'increase' | 'decrease';

/** True when the measured value has reached its target. An unmeasured value has not. */
export function meetsTarget(value: number | null, target: number, direction: TargetDirection): boolean {
  if (value === null) return false;
  return direction === 'increase' ? value >= target : value <= target;
}

export type MeasurementPhase = 'baseline' | 'final';
