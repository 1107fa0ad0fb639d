import { type OperationPlace, PolicyEffect, PolicyMode } from '@fermata/contracts';
import { isCredential } from './dangers/credentials.js';
import { type DangerFinding, finding } from './dangers/danger-check.js';
import { writeFinding } from './dangers/persistence.js';
import { isDevice } from './dangers/system.js';
import { judgeSubject, type Verdict } from './judge-subject.js';
import type { ReadPolicy } from './read-policy.js';
import { showMarked } from './shell/marks.js';
import { siteOf } from './shell/paths.js';

export interface PathUse {
  kind: 'read' | 'write';
  tool: string;
  /** Resolved. */
  path: string;
}

interface Context {
  read: ReadPolicy;
  place: OperationPlace;
  /** What is known of it already; the deny table is asked when this is left out. */
  found?: readonly DangerFinding[];
}

/** Judges that a file is read or written. */
export function judgePath(use: PathUse, { read, place, found = pathDangers(use, place) }: Context): Verdict {
  const shown = `\`${use.tool}\` of ${showMarked(use.path)}`;
  return judgeSubject({
    read,
    subject: { tool: use.tool, worktree: place.worktree, path: use.path },
    found,
    shown,
    byMode: () => modeVerdict(use, { read, place, shown }),
  });
}

function pathDangers({ kind, path }: PathUse, place: OperationPlace): DangerFinding[] {
  if (isCredential(path, { place })) return finding('credential-read', showMarked(path));
  if (kind === 'read') return [];
  return isDevice(path) ? finding('device-write', showMarked(path)) : writeFinding(path, { place });
}

function modeVerdict(
  { kind, path }: PathUse,
  { read, place, shown }: { read: ReadPolicy; place: OperationPlace; shown: string },
): Verdict {
  const { mode } = read.policy;
  const site = siteOf(path, place);
  const isOwn = site !== 'outside' && site !== 'unknown';
  const verdict = (effect: PolicyEffect, reason: string): Verdict => ({
    effect,
    rule: `mode: ${mode}`,
    reason,
    dangers: [],
  });
  if (mode === PolicyMode.full)
    return verdict(PolicyEffect.allow, `This agent may do everything that is not denied, and so ${shown}.`);
  if (kind === 'write' && mode === PolicyMode.plan)
    return verdict(PolicyEffect.deny, `${shown} would change a file, and this agent only looks.`);
  return isOwn
    ? verdict(PolicyEffect.allow, `${shown} stays inside the worktree.`)
    : verdict(PolicyEffect.ask, `${shown} leads out of the worktree.`);
}
