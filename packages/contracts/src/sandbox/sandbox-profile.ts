/** A file or folder of the machine, and where it is seen inside. Absolute paths. */
export interface SandboxBind {
  source: string;
  target: string;
}

/** What a contained process and all it starts may use at most. */
export interface SandboxLimits {
  /** Of memory that is its own, all processes together. */
  memoryBytes: number;
  /** Processes and threads at one time. */
  processes: number;
  /** Processor time of any one process. */
  cpuSeconds: number;
  /** Size of any one file that it writes. */
  fileBytes: number;
}

/** What a control group of the kernel can limit. */
export type GroupController = 'memory' | 'pids';

/** A folder of the kernel's control groups in which groups of ours can be made: one for each sandbox. */
export interface ControlGroupBase {
  folder: string;
  version: 1 | 2;
  controllers: readonly GroupController[];
}

/** Leads from a port of the sandbox's own loopback to a socket file outside. */
export interface SandboxRelay {
  port: number;
  socket: string;
}

/** `none`: no network but a loopback of its own. Otherwise what the relays lead to, and nothing else. */
export type SandboxNetwork = 'none' | { relays: readonly SandboxRelay[] };

/**
 * What a contained process sees and may use. Only JSON, as it crosses to the process that starts programs.
 * What is not listed is not there: no path, no process, no network, no device.
 */
export interface SandboxProfile {
  /** Absolute path of bubblewrap. */
  program: string;
  /** Seen and changed. Later ones lie over earlier ones. */
  writable: readonly SandboxBind[];
  /** Seen and not changed. What is not there when it starts is left out. */
  readable: readonly SandboxBind[];
  /** Folders that are empty at the start and gone at the end, kept in memory. */
  scratch: readonly string[];
  /** Seen and not changed, directly inside a writable folder. */
  guarded: readonly SandboxBind[];
  /** Of the writable folders, those that cannot be changed after all, though something of theirs is guarded. */
  frozen?: readonly string[];
  /** Folders below readable ones that are shown empty. */
  hidden: readonly string[];
  /** Symbolic links of the root folder, such as `/bin` to `usr/bin`: where they are and what they say. */
  links: readonly SandboxBind[];
  /** Device files that stand for those of the machine. Empty: the machine's own. */
  devices: readonly SandboxBind[];
  /** Where groups that keep memory and processes within their limits are made. Empty: nowhere. */
  controlGroups: readonly ControlGroupBase[];
  /** A file with the filter of system calls, as the kernel takes it. Null: all are allowed. */
  callFilter: string | null;
  /** Absolute path of prlimit, which sets the limits that the kernel keeps. Null: there is none. */
  limiter: string | null;
  /** The user and group it believes to be. */
  user: { uid: number; gid: number };
  network: SandboxNetwork;
  limits: SandboxLimits;
}
