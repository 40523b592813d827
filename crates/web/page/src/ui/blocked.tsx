// In place of the composer when one may not write: why, until when, and that nothing typed is lost.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { NextRoom, ProgrammeInfo } from '../sdk';
import type { RoomState, Writing } from '../state/room';
import { text } from '../text';
import { momentText } from '../text/time';
import { ClockIcon, ClosedIcon, PauseIcon } from './icons';

interface Props {
  room: RoomState;
  programme: ProgrammeInfo;
  next: NextRoom | null;
}

export function Blocked({ room, programme, next }: Props) {
  const { room: words } = text.value;
  const writing = room.writing.value;
  const { body } = room.draft.value;
  const panel = useRef<HTMLElement>(null);
  // Whoever was writing is not left without a place on the page.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) panel.current?.focus();
  }, []);
  return (
    <footer ref={panel} class="composer blocked" tabIndex={-1} data-testid="blocked" data-why={writing}>
      <p class="why">
        {writing === 'closed' ? <ClosedIcon /> : writing === 'frozen' ? <PauseIcon /> : <ClockIcon />}
        <span role="status">{whyText(room, writing, programme)}</span>
      </p>
      {writing === 'closed' && next && <p class="next">{nextText(next)}</p>}
      {writing === 'muted' && (
        <button type="button" class="button small quiet" onClick={() => room.refresh()}>
          {words.mutedCheck}
        </button>
      )}
      {body.trim() !== '' && (
        <p class="kept" data-testid="kept">
          <strong>{words.kept}</strong>
          <span>{body}</span>
        </p>
      )}
    </footer>
  );
}

export function whyText(room: RoomState, writing: Writing, { retention_days }: ProgrammeInfo): string {
  const { room: words } = text.value;
  const { opens } = room.summary.value;
  if (writing === 'closed') return words.closed(retention_days);
  if (writing === 'upcoming')
    return opens === undefined ? words.upcomingSometime : words.upcoming(momentText(opens));
  if (writing === 'muted') return words.muted(momentText(room.mute.until.value ?? 0));
  return words.frozen;
}

export function nextText({ name, topic, opens }: NextRoom): string {
  return text.value.rooms.next(topic === undefined ? name : `${name} · ${topic}`, momentText(opens));
}
