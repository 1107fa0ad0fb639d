/** An instruction of classic BPF (linux/filter.h): what to do, jump when true, jump when false, operand. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

interface Architecture {
  /** AUDIT_ARCH_* of linux/audit.h: the only way of calling the kernel that is left open. */
  audit: number;
  /** Numbers from here on are those of another way (x32). */
  otherFrom: number | null;
  refused: Readonly<Record<string, number>>;
}

/** The same numbers everywhere (the kernel's unified table, from 424 on). */
const unified = {
  ...{ io_uring_setup: 425, io_uring_enter: 426, io_uring_register: 427 },
  ...{ open_tree: 428, move_mount: 429, fsopen: 430, fsconfig: 431, fsmount: 432, fspick: 433, mount_setattr: 442 },
};

/**
 * What no build or test needs, and what namespaces do not cover: the keys that the kernel keeps for the user and the
 * session of the worker above all. The rest would fail without privileges anyway, or has had more holes than its share.
 */
const architectures: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = {
  x64: {
    ...{ audit: 0xc000003e, otherFrom: 0x40000000 },
    refused: {
      ...{ add_key: 248, request_key: 249, keyctl: 250, bpf: 321, perf_event_open: 298, userfaultfd: 323 },
      ...{ kexec_load: 246, kexec_file_load: 320, init_module: 175, finit_module: 313, delete_module: 176 },
      ...{ mount: 165, umount2: 166, pivot_root: 155, setns: 308, open_by_handle_at: 304 },
      ...{ swapon: 167, swapoff: 168, reboot: 169, ...unified },
    },
  },
  arm64: {
    ...{ audit: 0xc00000b7, otherFrom: null },
    refused: {
      ...{ add_key: 217, request_key: 218, keyctl: 219, bpf: 280, perf_event_open: 241, userfaultfd: 282 },
      ...{ kexec_load: 104, kexec_file_load: 294, init_module: 105, finit_module: 273, delete_module: 106 },
      ...{ mount: 40, umount2: 39, pivot_root: 41, setns: 268, open_by_handle_at: 265 },
      ...{ swapon: 224, swapoff: 225, reboot: 142, ...unified },
    },
  },
};

const [loadWord, jumpIfEqual, jumpIfAtLeast, returnValue] = [0x20, 0x15, 0x35, 0x06];
/** Offsets in struct seccomp_data (linux/seccomp.h). */
const [numberAt, architectureAt] = [0, 4];
const allow = 0x7fff0000;
/** SECCOMP_RET_ERRNO with EPERM. */
const refuse = 0x00050001;

/** The number of a call on this machine; null where calls are not filtered. */
export function numberOfCall(name: string, architecture: NodeJS.Architecture = process.arch): number | null {
  return architectures[architecture]?.refused[name] ?? null;
}

/** The filter as the kernel takes it (seccomp(2)); null for an architecture of which we do not know the numbers. */
export function systemCallFilter(architecture: NodeJS.Architecture = process.arch): Buffer | null {
  const known = architectures[architecture];
  if (known === undefined) return null;
  const numbers = Object.values(known.refused);
  const checks: [code: number, operand: number][] = [
    ...(known.otherFrom === null ? [] : [[jumpIfAtLeast, known.otherFrom] as [number, number]]),
    ...numbers.map((number): [number, number] => [jumpIfEqual, number]),
  ];
  const instructions: Instruction[] = [
    [loadWord, 0, 0, architectureAt],
    // Of another architecture the numbers mean something else.
    [jumpIfEqual, 0, checks.length + 2, known.audit],
    [loadWord, 0, 0, numberAt],
    ...checks.map(([code, operand], place): Instruction => [code, checks.length - place, 0, operand]),
    [returnValue, 0, 0, allow],
    [returnValue, 0, 0, refuse],
  ];
  return Buffer.concat(instructions.map(encode));
}

function encode([code, whenTrue, whenFalse, operand]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(whenTrue, 2);
  bytes.writeUInt8(whenFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
