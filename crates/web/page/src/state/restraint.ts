// What holds a member back from writing for a while: a mute, which ends at a minute of the server's, and slow mode.

import { signal } from '@preact/signals';
import type { ServerClock } from '../sdk';

const MINUTE_MS = 60_000;

/** A moderator forbade this member to write. The server knows when it is over; here it is only asked at the right time. */
export class Mute {
  /** The minute from which one may write again. */
  readonly until = signal<number | null>(null);
  readonly #clock: ServerClock;
  readonly #ask: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(clock: ServerClock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Null is not, or not any more. */
  set(until: number | null): void {
    this.until.value = until;
    clearTimeout(this.#timer);
    if (until !== null) this.#await(until);
  }

  /** Asked when the minute should have come, and then once a minute. */
  #await(until: number): void {
    const left = (until - this.#clock.minute()) * MINUTE_MS;
    const soon = left > 0 ? Math.min(left, MINUTE_MS) : MINUTE_MS;
    this.#timer = setTimeout(() => {
      if (this.until.value !== until) return;
      if (this.#clock.minute() >= until) this.#ask();
      this.#await(until);
    }, soon);
  }
}

/** Slow mode, as far as one's own next post goes. It is measured by a clock that nobody can set. */
export class SlowPace {
  /** When the next post may go out, by `performance.now()`. */
  readonly nextPostAt = signal(0);

  waitMs(): number {
    return Math.max(0, this.nextPostAt.value - performance.now());
  }

  waitFor(ms: number): void {
    this.nextPostAt.value = Math.max(this.nextPostAt.value, performance.now() + ms);
  }

  end(): void {
    this.nextPostAt.value = 0;
  }
}
