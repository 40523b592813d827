// From posts to rows: where a day begins, where the new ones begin, and which posts follow one another closely enough to
// share one byline and one time. Pure, so that it can be tested.

import type { Post } from '../sdk';
import type { Pending, RoomState } from '../state/room';
import { sameDay } from '../text/time';

export type Row =
  | { kind: 'day'; key: string; minute: number }
  | { kind: 'unread'; key: string }
  | { kind: 'post'; key: string; post: Post; mine: boolean; first: boolean; last: boolean }
  | { kind: 'pending'; key: string; pending: Pending; first: boolean };

/** Posts of one author this close together read as one turn. */
const TURN_MINUTES = 3;

export function rowsOf(
  posts: readonly Post[],
  pending: readonly Pending[],
  room: RoomState,
  unreadFrom: number,
): Row[] {
  const rows: Row[] = [];
  posts.forEach((post, index) => {
    const before = posts[index - 1];
    const newDay = !before || !sameDay(before.minute, post.minute);
    const unread = post.offset === unreadFrom;
    if (newDay) rows.push({ kind: 'day', key: `day ${post.minute}`, minute: post.minute });
    if (unread) rows.push({ kind: 'unread', key: 'unread' });
    const after = posts[index + 1];
    rows.push({
      kind: 'post',
      key: room.renderKeys.get(post.offset) ?? `post ${post.offset}`,
      post,
      mine: room.isMine(post),
      first: newDay || unread || !sameTurn(before, post),
      last: !after || !sameTurn(post, after) || post.minute !== after.minute,
    });
  });
  const newest = posts.at(-1);
  // What changes a post is shown in its place.
  const unsent = pending.filter((each) => each.target === undefined);
  unsent.forEach((each, index) => {
    const first = index === 0 && !(newest && room.isMine(newest));
    rows.push({ kind: 'pending', key: each.key, pending: each, first });
  });
  return rows;
}

function sameTurn(one: Post, other: Post): boolean {
  return (
    one.author === other.author && other.minute - one.minute <= TURN_MINUTES && other.reply_to === undefined
  );
}
