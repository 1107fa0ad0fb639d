/** How long an agent has been at work in a stretch: the time in which it waits for a person is not counted. */
export class WorkClock {
  private readonly beganAt = Date.now();
  private waitedMs = 0;
  private waiting = 0;
  private waitingSince = 0;
  private timer: NodeJS.Timeout | null = null;

  /** @param onOver told once, when it has been at work for `limitMs` */
  constructor(
    private readonly limitMs: number,
    private readonly onOver: () => void,
  ) {
    this.arm();
  }

  get workedMs(): number {
    const present = this.waiting > 0 ? Date.now() - this.waitingSince : 0;
    return Date.now() - this.beganAt - this.waitedMs - present;
  }

  get isOver(): boolean {
    return this.workedMs >= this.limitMs;
  }

  /** It waits for as long as `wait` takes, alone or with others. */
  async during<T>(wait: () => Promise<T>): Promise<T> {
    if (this.waiting === 0) this.waitingSince = Date.now();
    this.waiting += 1;
    this.stop();
    try {
      return await wait();
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) {
        this.waitedMs += Date.now() - this.waitingSince;
        this.arm();
      }
    }
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    const leftMs = this.limitMs - this.workedMs;
    // What no timer can count is no limit.
    if (leftMs > maxTimerMs) return;
    this.timer = setTimeout(() => this.onOver(), Math.max(0, leftMs));
    this.timer.unref();
  }
}

const maxTimerMs = 2_147_483_647;
