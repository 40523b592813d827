// Whom one may mean behind an `@`: handles that have posted in this room, offered above the composer while one types.
//
// The focus stays in the text; arrows choose, Enter or Tab takes, Escape puts the list away.

import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { Avatar } from './avatar';

const OFFERED_MAX = 5;
/** The `@` that is being written, up to the caret; handles have a space inside. */
const BEGUN = /(?:^|[\s(])@([^@\n]{0,24})$/;

export const MENTION_LIST_ID = 'mention-list';

export function optionId(index: number): string {
  return `${MENTION_LIST_ID}-${index}`;
}

export interface Mentioning {
  offered: string[];
  chosen: number;
  /** Whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean;
  take: (handle: string) => void;
  /** The text or the caret has moved. */
  look: () => void;
  close: () => void;
}

export function useMentioning(room: RoomState, field: RefObject<HTMLTextAreaElement | null>): Mentioning {
  const begun = useSignal<string | null>(null);
  const chosen = useSignal(0);
  const offered = begun.value === null ? [] : matching(room.others.value, begun.value);

  const close = (): void => void (begun.value = null);
  const look = (): void => {
    const element = field.current;
    const found = element && BEGUN.exec(element.value.slice(0, element.selectionStart));
    const next = found ? (found[1] ?? '') : null;
    if (next !== begun.value) chosen.value = 0;
    begun.value = next;
  };
  const take = (handle: string): void => {
    const element = field.current;
    if (!element || begun.value === null) return;
    const caret = element.selectionStart;
    const start = caret - begun.value.length;
    element.setRangeText(`${handle} `, start, caret, 'end');
    room.setDraft({ ...room.draft.value, body: element.value });
    close();
    element.focus();
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const handle = offered[chosen.value];
    if (handle === undefined) return false;
    if (event.key === 'ArrowDown') chosen.value = (chosen.value + 1) % offered.length;
    else if (event.key === 'ArrowUp') chosen.value = (chosen.value + offered.length - 1) % offered.length;
    else if (event.key === 'Enter' || event.key === 'Tab') take(handle);
    else if (event.key === 'Escape') close();
    else return false;
    return true;
  };
  return { offered, chosen: chosen.value, onKey, take, look, close };
}

/** By any of its words: "고라" finds "용감한 고라니". */
function matching(handles: string[], begun: string): string[] {
  const wanted = begun.normalize('NFC').toLowerCase();
  const fits = (handle: string): boolean => {
    const words = handle.toLowerCase();
    return words.startsWith(wanted) || words.split(/[\s-]/).some((word) => word.startsWith(wanted));
  };
  return handles.filter(fits).slice(0, OFFERED_MAX);
}

export function MentionList({ mentioning }: { mentioning: Mentioning }) {
  const { offered, chosen, take } = mentioning;
  if (offered.length === 0) return null;
  return (
    <ul id={MENTION_LIST_ID} class="mention-list" role="listbox" aria-label={text.value.composer.mention}>
      {offered.map((handle, index) => (
        <li
          key={handle}
          id={optionId(index)}
          role="option"
          aria-selected={index === chosen}
          // The focus stays in the text, and the phone's keyboard up.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(handle)}
        >
          <Avatar handle={handle} />
          {handle}
        </li>
      ))}
    </ul>
  );
}
