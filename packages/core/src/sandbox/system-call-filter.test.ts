import { describe, expect, it } from 'vitest';
import { createContainedWorld } from './contained-world.fixture.js';
import { numberOfCall, systemCallFilter } from './system-call-filter.js';

/** Makes a system call and prints its result and errno. */
const calling = (name: string, args: string): string =>
  `import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.syscall(${numberOfCall(name)}, ${args}), ctypes.get_errno())`;
const notPermitted = '-1 1\n';

describe('the filter of system calls', () => {
  it('keeps the keys away that the kernel holds for whoever runs Fermata', async () => {
    const { sh } = await createContainedWorld();
    // KEYCTL_SEARCH in the session keyring; a key of ours; a request that would start a helper outside.
    for (const [name, args] of [
      ['keyctl', '10, -3, b"user", b"x", 0'],
      ['add_key', 'b"user", b"x", b"y", 1, -3'],
      ['request_key', 'b"user", b"x", None, -3'],
    ] as const) {
      expect((await sh('python3 -', { stdin: calling(name, args) })).output, name).toBe(notPermitted);
    }
  });

  it('refuses what reaches deep into the kernel', async () => {
    const { sh } = await createContainedWorld();
    for (const name of [
      'bpf',
      'perf_event_open',
      'userfaultfd',
      'io_uring_setup',
      'setns',
      'fsopen',
      'mount_setattr',
    ]) {
      expect((await sh('python3 -', { stdin: calling(name, '0, 0, 0, 0, 0') })).output, name).toBe(notPermitted);
    }
  });

  it('is on for every process inside, and lets all others work', async () => {
    const { sh } = await createContainedWorld();
    expect((await sh('cat /proc/self/status /proc/1/status')).output.match(/^Seccomp:\s+2$/gm)).toHaveLength(2);
    expect(
      (await sh(`node -e 'console.log(require("fs").readdirSync(".").length)' && git status --short`)).output,
    ).toBe('3\n');
  });

  it('is whole: each refusal jumps to the refusing end', () => {
    const filter = systemCallFilter('x64') ?? Buffer.alloc(0);
    const instructions = Array.from({ length: filter.length / 8 }, (_, place) => ({
      ...{ code: filter.readUInt16LE(place * 8), whenTrue: filter.readUInt8(place * 8 + 2), place },
      operand: filter.readUInt32LE(place * 8 + 4),
    }));
    const last = instructions.length - 1;
    const jumps = instructions.slice(3, -2);
    expect(jumps.every(({ place, whenTrue }) => place + 1 + whenTrue === last)).toBe(true);
    expect(jumps.map(({ operand }) => operand)).toContain(numberOfCall('keyctl', 'x64'));
    expect(instructions.slice(-2).map(({ operand }) => operand)).toEqual([0x7fff0000, 0x00050001]);
    expect(systemCallFilter('mips')).toBeNull();
  });
});
