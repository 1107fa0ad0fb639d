interface Matching<Item, Part> {
  /** The part stands for any run of items, none included. */
  isAny: (part: Part) => boolean;
  fits: (item: Item, part: Part) => boolean;
}

/** Whether items fit a pattern with gaps. Each gap is filled only once, so that no pattern can make it slow. */
export function fitsSequence<Item, Part>(
  items: readonly Item[],
  pattern: readonly Part[],
  { isAny, fits }: Matching<Item, Part>,
): boolean {
  let [at, place] = [0, 0];
  let [gap, retry] = [-1, 0];
  while (at < items.length) {
    const part = place < pattern.length ? (pattern[place] as Part) : undefined;
    if (part !== undefined && isAny(part)) [gap, retry, place] = [place, at, place + 1];
    else if (part !== undefined && fits(items[at] as Item, part)) [at, place] = [at + 1, place + 1];
    else if (gap >= 0) [place, retry, at] = [gap + 1, retry + 1, retry + 1];
    else return false;
  }
  return pattern.slice(place).every(isAny);
}

/** Whether a text fits a pattern in which `*` stands for any run of characters. */
export function fitsWildcard(text: string, pattern: string): boolean {
  return fitsSequence([...text], [...pattern], { isAny: (part) => part === '*', fits: (item, part) => item === part });
}

/** As `fitsWildcard`, with `?` for any one character. */
export function fitsGlob(text: string, pattern: string): boolean {
  return fitsSequence([...text], [...pattern], {
    isAny: (part) => part === '*',
    fits: (item, part) => part === '?' || item === part,
  });
}
