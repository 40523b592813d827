// Why things end, and whether the number of the code says to try again.
//
// Every code table of the contract has two halves: below 500 come back, from 500 on do not (3000 commands, 2000 rooms,
// 4000 sessions).

import type { Challenge, Rejection } from './wire';

export type EndReason =
  /** The server closed with a code that says not to come back. */
  | { kind: 'closed'; code: number }
  /** The server did not let us in. */
  | { kind: 'refused'; rejection: Rejection }
  /** What the server wanted signed is not what we came for. */
  | { kind: 'foreign_challenge'; field: keyof Challenge }
  /** We stopped it ourselves. */
  | { kind: 'stopped' };

export class SessionEnded extends Error {
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super(`session ended: ${reason.kind}`);
    this.name = 'SessionEnded';
    this.reason = reason;
  }
}

/** Whether the same command may succeed later. */
export function isTemporary(rejection: Rejection): boolean {
  return rejection.code >= 3000 && rejection.code < 3500;
}

/**
 * Whether it is sent again without asking. Slow mode may last for minutes: what was written goes back to the person, who may
 * want to say it otherwise by then.
 */
export function goesAgain(rejection: Rejection): boolean {
  return isTemporary(rejection) && rejection.message !== 'slow_mode';
}

/** Whether a room that ended for this session may be resumed. */
export function roomComesBack(code: number): boolean {
  return code >= 2000 && code < 2500;
}
