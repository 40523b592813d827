// Commands that have had no reply yet, in the order in which they were given.
//
// The outbox outlives connections: what was in flight when one broke is sent again on the next, with the same key, so the
// server knows it again. What changes something in a room goes one after another, each waiting for the reply to the one
// before: what the server asks to wait (`rate_limited`) can then never be overtaken, neither a post by the next one nor
// the way in by the first post.

import type { Method, Params, Result } from './wire';

export interface Entry<M extends Method = Method> {
  readonly method: M;
  readonly params: Params<M>;
  readonly done: (result: Result<M>) => void;
  readonly failed: (error: Error) => void;
  /** How often the server has asked us to wait with this one. */
  tries: number;
}

type Phase = 'waiting' | 'held' | 'flying';

const LANED = new Set<Method>(['join', 'leave', 'redraw', 'post', 'edit', 'retract', 'react', 'answer']);

export class Outbox {
  readonly #entries = new Map<Entry, Phase>();

  add(entry: Entry): void {
    this.#entries.set(entry, 'waiting');
  }

  /**
   * What may be sent now: nothing to a room that this connection does not follow yet. The caller sends all of it: it counts
   * as being on its way.
   */
  take(isResuming: (room: string) => boolean): Entry[] {
    const taken: Entry[] = [];
    const busy = new Set<string>();
    for (const [entry, phase] of this.#entries) {
      const room = roomOf(entry);
      const lane = LANED.has(entry.method) ? room : null;
      const free = (lane === null || !busy.has(lane)) && (room === null || !isResuming(room));
      if (lane !== null) busy.add(lane);
      if (phase === 'waiting' && free) taken.push(entry);
    }
    for (const entry of taken) this.#entries.set(entry, 'flying');
    return taken;
  }

  settle(entry: Entry): void {
    this.#entries.delete(entry);
  }

  /** The server asked to wait: the entry keeps its place, and with it everything behind it in its room. */
  hold(entry: Entry): void {
    entry.tries += 1;
    if (this.#entries.has(entry)) this.#entries.set(entry, 'held');
  }

  release(entry: Entry): void {
    if (this.#entries.get(entry) === 'held') this.#entries.set(entry, 'waiting');
  }

  /** The connection is gone: nobody knows what became of what was on its way, so it goes again. */
  connectionLost(): void {
    for (const [entry, phase] of this.#entries) if (phase === 'flying') this.#entries.set(entry, 'waiting');
  }

  /** The session is over for good. */
  failAll(error: Error): void {
    const entries = [...this.#entries.keys()];
    this.#entries.clear();
    for (const entry of entries) entry.failed(error);
  }
}

function roomOf(entry: Entry): string | null {
  return 'room' in entry.params ? entry.params.room : null;
}
