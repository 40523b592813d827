// The open questions of a room: asked for a page at a time; what is pushed afterwards keeps the list current.

import { batch, signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { withQuestions } from '../sdk';
import type { Session, Timeline } from '../sdk';

export class QuestionList {
  readonly state = signal<'idle' | 'loading' | 'failed'>('idle');
  readonly #room: string;
  readonly #session: Session;
  readonly #timeline: Signal<Timeline | null>;
  readonly #pageSize: number;
  #asked = false;
  /** Counts the streams: what was asked in an earlier one is thrown away. */
  #stream = 0;

  constructor(room: string, session: Session, timeline: Signal<Timeline | null>, pageSize: number) {
    this.#room = room;
    this.#session = session;
    this.#timeline = timeline;
    this.#pageSize = pageSize;
  }

  /** The room is shown anew: nothing of the list is known any more. */
  begin(): void {
    this.#stream += 1;
    this.#asked = false;
    this.state.value = 'idle';
  }

  /** A question has opened again that was never seen: the list, where anybody has asked for it, is not whole. */
  mend(): void {
    if (this.#asked && this.#timeline.value?.questionsMissing) void this.load(true);
  }

  /** `anew` from the newest, otherwise on from where the last page ended. */
  async load(anew: boolean): Promise<void> {
    const timeline = this.#timeline.value;
    if (!timeline || this.state.value === 'loading') return;
    const before = anew ? null : timeline.questionsBefore;
    if (!anew && before === null) return;
    const stream = this.#stream;
    this.#asked = true;
    this.state.value = 'loading';
    try {
      const params = { room: this.#room, limit: this.#pageSize, open_questions: true };
      const page = await this.#session.command('history', before === null ? params : { ...params, before });
      if (stream !== this.#stream || !this.#timeline.value) return;
      batch(() => {
        this.#timeline.value = withQuestions(this.#timeline.value as Timeline, page, anew);
        this.state.value = 'idle';
      });
    } catch {
      if (stream === this.#stream) this.state.value = 'failed';
    }
  }
}
