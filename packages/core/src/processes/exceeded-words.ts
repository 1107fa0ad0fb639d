import type { SandboxLimits } from '@fermata/contracts';

const words: Readonly<Record<keyof SandboxLimits, string>> = {
  memoryBytes: 'it used more memory than its sandbox allows, and was ended',
  processes: 'it started more processes than its sandbox allows, and was ended',
  cpuSeconds: 'a program of it used more processor time than its sandbox allows',
  fileBytes: 'a program of it wrote a larger file than its sandbox allows',
};

/** Why a command ended that ran into a limit, for whoever reads its output. */
export const exceededWords = (limit: keyof SandboxLimits): string => words[limit];
