import type { DangerId, OperationPlace } from '@fermata/contracts';
import type { ShellCommand } from '../shell/shell-command.js';

export interface DangerWorld {
  place: OperationPlace;
  /** Hosts that may be sent to. */
  hosts: readonly string[];
}

/** Something of the deny table that a command was found to do. */
export interface DangerFinding {
  danger: DangerId;
  /** What it is about: a path, a host, an option. For people. */
  detail: string;
}

export type DangerCheck = (command: ShellCommand, world: DangerWorld) => readonly DangerFinding[];

/** What is asked of a command by its name. */
export type ChecksByProgram = Readonly<Record<string, DangerCheck>>;

export function finding(danger: DangerId, detail: string): DangerFinding[] {
  return [{ danger, detail }];
}
