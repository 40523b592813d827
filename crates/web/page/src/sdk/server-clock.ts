// What time it is at the server, as far as can be told: the device's clock is believed until something that the server said
// proves it wrong.
//
// A minute that the server has written is never in the future, and what it pushes live was written just now. From the first
// follows the least that the device's clock must be put forward, from the second the most.

const MINUTE_MS = 60_000;
/** A live push may have been on its way for so long, and the minute it names may be as good as over. */
const SLACK_MS = 2 * MINUTE_MS;

export class ServerClock {
  readonly #now: () => number;
  /** How far the device's clock must be put forward, at least and at most. */
  #least = -Infinity;
  #most = Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Something was written in this minute, whenever that was. */
  notBefore(minute: number): void {
    this.#least = Math.max(this.#least, minute * MINUTE_MS - this.#now());
    // Somebody has set the device's clock since: what is known of it before no longer holds.
    if (this.#most < this.#least) this.#most = Infinity;
  }

  /** Something was written in this minute, just now. */
  isNow(minute: number): void {
    this.notBefore(minute);
    this.#most = minute * MINUTE_MS + SLACK_MS - this.#now();
    if (this.#least > this.#most) this.#least = minute * MINUTE_MS - this.#now();
  }

  /** Minutes since 1970, with their fraction. */
  minute(): number {
    const forward = Math.min(Math.max(0, this.#least), this.#most);
    return (this.#now() + forward) / MINUTE_MS;
  }
}
