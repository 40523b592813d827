// Where this session stands in each of its rooms, and with it the promise to the caller: every publication exactly
// once, in order. Pure bookkeeping, without a socket, so that every case can be tested.

import type { Joined, Position } from './wire';

interface Cursor {
  position: Position;
  /** A resume is on its way; pushes that arrive before its reply belong to the old stream. */
  resuming: boolean;
  /** Offset of the last gap seen: a gap at the same place again means that resuming does not help. */
  gapAt: number | null;
}

export type Verdict = 'deliver' | 'ignore' | 'resume' | 'give_up';

export class Cursors {
  readonly #cursors = new Map<string, Cursor>();

  rooms(): string[] {
    return [...this.#cursors.keys()];
  }

  position(room: string): Position | null {
    return this.#cursors.get(room)?.position ?? null;
  }

  joined({ room, position }: Joined): void {
    this.#cursors.set(room, { position: { ...position }, resuming: false, gapAt: null });
  }

  /** Whether the server has not yet said that this session follows the room. */
  isResuming(room: string): boolean {
    return this.#cursors.get(room)?.resuming ?? false;
  }

  forget(room: string): void {
    this.#cursors.delete(room);
  }

  /** The position to resume from; until the reply, nothing that is pushed counts. */
  startResume(room: string): Position | null {
    const cursor = this.#cursors.get(room);
    if (!cursor) return null;
    cursor.resuming = true;
    return { ...cursor.position };
  }

  /** Whether the reader can go on from where it stood. Otherwise it has to start over from the reply's position. */
  resumed(joined: Joined): boolean {
    const cursor = this.#cursors.get(joined.room);
    const goesOn = joined.recovered && cursor?.position.epoch === joined.position.epoch;
    if (cursor && goesOn) cursor.resuming = false;
    else this.joined(joined);
    return goesOn;
  }

  /** What to do with a publication at this offset; `deliver` moves the cursor. */
  receive(room: string, offset: number): Verdict {
    const cursor = this.#cursors.get(room);
    if (!cursor || cursor.resuming) return 'ignore';
    const { position } = cursor;
    if (offset <= position.offset) return 'ignore';
    if (offset === position.offset + 1) {
      position.offset = offset;
      cursor.gapAt = null;
      return 'deliver';
    }
    const again = cursor.gapAt === position.offset;
    cursor.gapAt = position.offset;
    return again ? 'give_up' : 'resume';
  }
}
