// Where the person is: the join link is in the fragment, so that a reload finds it; the open room is in the history
// entry, so that a phone's back button goes from the room to the list and never out of the page.

import { signal } from '@preact/signals';
import { fragmentOf, parseFragment } from '../sdk';
import type { JoinLink } from '../sdk';

export const currentLink = signal<JoinLink | null>(parseFragment(location.hash));
export const currentRoom = signal<string | null>(roomInHistory());

window.addEventListener('popstate', () => {
  const link = parseFragment(location.hash);
  // The same link keeps its object: a new one would start a new session.
  if (!same(link, currentLink.peek())) currentLink.value = link;
  currentRoom.value = roomInHistory();
});

export function openLink(link: JoinLink | null): void {
  history.pushState(null, '', link ? fragmentOf(link) : '/');
  currentRoom.value = null;
  currentLink.value = link;
}

export function openRoom(room: string): void {
  if (currentRoom.value === room) return;
  // From one room to another (side by side on a wide screen), back still means: to the list.
  if (currentRoom.value === null) history.pushState({ room }, '');
  else history.replaceState({ room }, '');
  currentRoom.value = room;
}

export function closeRoom(): void {
  if (roomInHistory() !== null) history.back();
  else currentRoom.value = null;
}

function roomInHistory(): string | null {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('room' in state)) return null;
  return typeof state.room === 'string' ? state.room : null;
}

function same(one: JoinLink | null, other: JoinLink | null): boolean {
  return one?.programme === other?.programme && one?.code === other?.code;
}
