import type { WhyLink } from '../watching/why-chain.js';
import { cancelledBecause } from './cancelled.js';
import { clip, wrap } from './clip.js';
import { lines, type Page } from './page.js';
import { paintState, stateMark, stateWords } from './state.js';
import { describeWaiting } from './waiting.js';

/** The chain, each link below the one that waits for it; the last is what must be released. */
export function renderWhy(chain: readonly WhyLink[], page: Page): string {
  return chain.map((link, index) => renderLink(link, index, page)).join('\n');
}

function renderLink(link: WhyLink, index: number, { style, width, now }: Page): string {
  const { id, title, state, waitingOn, failure, cancelReason } = link;
  const lead = index === 0 ? '' : '↳ ';
  const standing = `${lead}${stateMark(state, style)} ${clip(title, width - 8)}`;
  const reason =
    waitingOn === null
      ? failure === null
        ? ''
        : wrap(`${failure.message} (${failure.code})`, width, '  ')
      : describeWaiting(waitingOn, link, { now, width });
  return lines(
    standing,
    `  ${paintState(stateWords(state), state, style)}  ${style.dim(id)}`,
    reason,
    cancelledBecause(cancelReason, { width, indent: '  ' }),
  );
}
