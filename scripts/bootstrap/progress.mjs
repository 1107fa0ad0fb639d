const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const stillAtItMs = 15_000;

/**
 * @typedef {NodeJS.WritableStream & { isTTY?: boolean, columns?: number }} Screen
 * @typedef {(detail: string) => void} Update
 * @typedef {{
 *   step: <T>(title: string, work: (update: Update) => Promise<T>) => Promise<T>,
 *   note: (text: string) => void,
 * }} Progress
 */

/**
 * Shows steps with their times: one living line on a terminal, plain lines elsewhere.
 * @param {Screen} screen
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Progress}
 */
export function createProgress(screen, env) {
  const lively = screen.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
  return {
    note: (text) => void screen.write(`fermata: ${text}\n`),
    step: lively ? (title, work) => livelyStep(screen, title, work) : (title, work) => plainStep(screen, title, work),
  };
}

/**
 * @template T
 * @param {Screen} screen
 * @param {string} title
 * @param {(update: Update) => Promise<T>} work
 */
async function livelyStep(screen, title, work) {
  const startedAt = performance.now();
  let detail = '';
  let frame = 0;
  const draw = () => {
    const line = `${frames[frame++ % frames.length]} ${title}  ${seconds(startedAt)}${detail === '' ? '' : `  ${detail}`}`;
    screen.write(`\r\x1b[2K${line.slice(0, (screen.columns || 80) - 1)}`);
  };
  draw();
  const timer = setInterval(draw, frameMs);
  const end = (/** @type {string} */ mark) => {
    clearInterval(timer);
    screen.write(`\r\x1b[2K${mark} ${title}  ${seconds(startedAt)}\n`);
  };
  return settle(work, (text) => (detail = text), end);
}

/**
 * @template T
 * @param {Screen} screen
 * @param {string} title
 * @param {(update: Update) => Promise<T>} work
 */
async function plainStep(screen, title, work) {
  const startedAt = performance.now();
  let detail = '';
  screen.write(`fermata: ${title} ...\n`);
  const timer = setInterval(() => {
    screen.write(`fermata: ${title}: still at it after ${seconds(startedAt)}${detail === '' ? '' : `, ${detail}`}\n`);
  }, stillAtItMs);
  const end = (/** @type {string} */ mark) => {
    clearInterval(timer);
    screen.write(`fermata: ${title}: ${mark === '✓' ? 'done in' : 'failed after'} ${seconds(startedAt)}\n`);
  };
  return settle(work, (text) => (detail = text), end);
}

/**
 * @template T
 * @param {(update: Update) => Promise<T>} work
 * @param {Update} update
 * @param {(mark: string) => void} end
 */
async function settle(work, update, end) {
  try {
    const result = await work(update);
    end('✓');
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
