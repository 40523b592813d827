// A post of one's own that the server has not confirmed: on its way, or refused and waiting for a decision.

import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { findPost, isReadable } from '../sdk';
import type { Pending, RoomState } from '../state/room';
import { refusalText, text } from '../text';
import { Body } from './body';
import { QuestionTag, goneText } from './post';

/** Most posts are confirmed sooner; a word that flashes up and goes would only worry. */
const PATIENCE_MS = 600;

export function PendingRow({ room, pending, first }: { room: RoomState; pending: Pending; first: boolean }) {
  const { post: words } = text.value;
  const { fate, replyTo } = pending;
  const target =
    replyTo !== undefined && room.timeline.value ? findPost(room.timeline.value, replyTo) : undefined;
  return (
    <li class={`row mine pending ${first ? 'first' : ''}`} data-testid="pending" data-fate={fate.kind}>
      <div class="line">
        <div class="bubble">
          {replyTo !== undefined && (
            <div class="quote">
              <strong>{target ? (room.isMine(target) ? words.you : target.author) : words.olderPost}</strong>
              {target && <span>{isReadable(target) ? target.body : goneText(target)}</span>}
            </div>
          )}
          {pending.question && <QuestionTag answered={false} />}
          <Body body={pending.body} mentions={pending.mentions ?? []} />
        </div>
        <div class="beside">
          <span class="when">{fate.kind === 'sending' && <Sending />}</span>
        </div>
      </div>
      <Refused room={room} pending={pending} />
    </li>
  );
}

/** What the server said against it, and what one can do about it. */
export function Refused({ room, pending }: { room: RoomState; pending: Pending }) {
  const { post: words } = text.value;
  if (pending.fate.kind !== 'failed') return null;
  return (
    <div class="refused" role="alert">
      <p>
        <strong>{words.failed}</strong> {refusalText(pending.fate.refusal)}
      </p>
      <button type="button" class="button small quiet" onClick={() => room.discard(pending.key)}>
        {words.discard}
      </button>
      <button type="button" class="button small quiet" onClick={() => room.takeBack(pending.key)}>
        {words.takeBack}
      </button>
      <button type="button" class="button small" onClick={() => room.retry(pending.key)}>
        {words.retry}
      </button>
    </div>
  );
}

export function Sending() {
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (late.value = true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return <span class={late.value ? 'sending late' : 'sending'}>{text.value.post.sending}</span>;
}
