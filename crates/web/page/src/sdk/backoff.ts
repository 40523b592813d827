// When to come back: pure functions of the attempt, the close code and a random number, so that they can be tested.
//
// The contract's rule is full jitter: after a server's restart its members come back spread over the whole window and
// not all in the same instant.

export const WAIT_BASE_MS = 500;
export const WAIT_MAX_MS = 30_000;

/** The longest wait before attempt number `attempt` (from 0). */
export function waitCeilingMs(attempt: number): number {
  // 2^attempt overflows to Infinity long before it matters; the minimum takes care of that.
  return Math.min(WAIT_MAX_MS, WAIT_BASE_MS * 2 ** Math.max(0, attempt));
}

/** A random wait between 0 and the ceiling; `random` is in [0, 1). */
export function waitMs(attempt: number, random: number): number {
  return Math.floor(random * waitCeilingMs(attempt));
}

/** RFC 6455's own codes that say that the client is done or wrong: it would only be wrong again. */
const DONE_OR_WRONG = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

/** Whether a session that was closed with this code should be tried again. */
export function comesBack(code: number): boolean {
  if (code >= 4500 && code <= 4999) return false;
  return !DONE_OR_WRONG.has(code);
}

/** A draining server says with 4000 when to come back, so that members return staggered. */
export const CODE_DRAINING = 4000;

/** The wait that the server asked for, if it did. */
export function askedWaitMs(code: number, reason: string): number | null {
  if (code !== CODE_DRAINING) return null;
  const found = /^come back in (\d{1,9})\b/.exec(reason);
  return found ? Number(found[1]) : null;
}
