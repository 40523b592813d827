// A room's view as a fold: pages and pushes may cross, and in the end both say the same.

import { expect, test } from 'vitest';
import { emptyTimeline, findPost, withOwnReaction, withPage, withPublication } from '../src/sdk';
import type { Post, Publication, Timeline } from '../src/sdk';
import { kept, pushed, roomJoined } from './harness';

const base = { room: 'plaza', minute: 1 };
const after = (...publications: Publication[]): Timeline =>
  publications.reduce(withPublication, emptyTimeline(roomJoined()));
const page = (posts: Post[], more = false, epoch = 'e1') => ({ epoch, posts, more });
const offsets = (timeline: Timeline): number[] => timeline.posts.map(({ offset }) => offset);

test('a page and the pushes around it give each post once, by offset', () => {
  const timeline = withPage(after(pushed(4), pushed(5)), page([kept(2), kept(3), kept(4)], true));
  expect(offsets(timeline)).toEqual([2, 3, 4, 5]);
  expect(timeline.more).toBe(true);
  expect(offsets(withPage(timeline, page([kept(1)])))).toEqual([1, 2, 3, 4, 5]);
});

test('a page of another epoch is thrown away', () => {
  expect(withPage(after(), page([kept(1)], false, 'e0')).posts).toEqual([]);
});

test('what was pushed before an older page came is laid over it', () => {
  const timeline = after(
    { ...base, offset: 4, kind: 'edit', target: 1, body: 'better' },
    { ...base, offset: 5, kind: 'retract', target: 2 },
    { ...base, offset: 6, kind: 'reaction', target: 3, reaction: '👍', count: 2 },
  );
  const full = withPage(timeline, page([kept(1), kept(2), kept(3)]));
  expect(findPost(full, 1)).toMatchObject({ body: 'better', edited: true });
  expect(findPost(full, 2)?.retracted).toBe(true);
  expect(findPost(full, 2)).not.toHaveProperty('body');
  expect(findPost(full, 3)?.reactions).toEqual([{ reaction: '👍', count: 2, mine: false }]);
});

test('an edit does not bring a retracted post back', () => {
  const timeline = after(
    pushed(4),
    { ...base, offset: 5, kind: 'retract', target: 4 },
    { ...base, offset: 6, kind: 'edit', target: 4, body: 'again' },
  );
  expect(findPost(timeline, 4)).not.toHaveProperty('body');
});

test('a post that was retracted since arrives without a body', () => {
  const timeline = after({ ...base, offset: 4, kind: 'post', author: 'x', retracted: true });
  expect(findPost(timeline, 4)).toMatchObject({ retracted: true });
});

test('counts are shown as they are, keep whose they are, and go at zero', () => {
  const reacted = (offset: number, count: number): Publication => ({
    ...base,
    offset,
    kind: 'reaction',
    target: 4,
    reaction: '👍',
    count,
  });
  const mine = withOwnReaction(after(pushed(4), reacted(5, 1)), 4, '👍', true);
  expect(findPost(withPublication(mine, reacted(6, 2)), 4)?.reactions).toEqual([
    { reaction: '👍', count: 2, mine: true },
  ]);
  expect(findPost(withPublication(mine, reacted(6, 0)), 4)?.reactions).toEqual([]);
});

test('freeze and thaw, and kinds that are not known, move the head', () => {
  const frozen = after({ ...base, offset: 4, kind: 'freeze' });
  expect(frozen).toMatchObject({ frozen: true, head: 4 });
  const thawed = withPublication(frozen, { ...base, offset: 5, kind: 'thaw' });
  expect(thawed).toMatchObject({ frozen: false, head: 5 });
  const unknown = { ...base, offset: 6, kind: 'question' } as unknown as Publication;
  expect(withPublication(thawed, unknown).head).toBe(6);
});

test('a push that comes behind a page which has its post takes nothing away from it', () => {
  const reactions = [{ reaction: '👍', count: 1, mine: true }];
  const full = withPage(after(), page([kept(4, { mine: true, edited: true, body: 'better', reactions })]));
  const both = withPublication(full, pushed(4));
  expect(findPost(both, 4)).toMatchObject({ mine: true, edited: true, body: 'better', reactions });
  expect(both.head).toBe(4);
  const gone = withPublication(full, { ...base, offset: 4, kind: 'post', author: 'x', retracted: true });
  expect(findPost(gone, 4)).toMatchObject({ retracted: true });
});

test('an edit that was taken back since brings no text', () => {
  const timeline = after(pushed(4), { ...base, offset: 5, kind: 'edit', target: 4, retracted: true });
  expect(findPost(timeline, 4)).toMatchObject({ retracted: true });
  expect(findPost(timeline, 4)).not.toHaveProperty('body');
});

test('a post is found by its offset, whatever lies between', () => {
  const timeline = withPage(after(), page([kept(1), kept(5), kept(9)]));
  expect([0, 1, 2, 5, 9, 10].map((offset) => findPost(timeline, offset)?.offset)).toEqual([
    undefined,
    1,
    undefined,
    5,
    9,
    undefined,
  ]);
  expect(findPost(after(), 1)).toBeUndefined();
});
