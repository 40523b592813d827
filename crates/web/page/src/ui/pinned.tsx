// The notice that moderators have put up: pinned above the conversation, folded where it is long.

import { useSignal } from '@preact/signals';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { NoticeIcon } from './icons';

/** What is longer may not fit two lines of a phone. */
const SHORT = 56;

export function Pinned({ room, language }: { room: RoomState; language: string }) {
  const { room: words } = text.value;
  const notice = room.notice.value;
  const unfolded = useSignal(false);
  if (!notice) return null;
  const long = notice.text.length > SHORT || notice.text.includes('\n');
  return (
    <section class="pinned" aria-label={words.notice} data-testid="pinned">
      <NoticeIcon />
      <p class={long && !unfolded.value ? 'folded' : ''} lang={language} dir="auto">
        {notice.text}
      </p>
      {long && (
        <button
          type="button"
          class="button small quiet"
          aria-expanded={unfolded.value}
          onClick={() => (unfolded.value = !unfolded.value)}
        >
          {unfolded.value ? words.noticeLess : words.noticeMore}
        </button>
      )}
    </section>
  );
}
