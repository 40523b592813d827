// What moderators and questions do to a room's view: each new kind of publication, live and behind pages.

import { describe, expect, test } from 'vitest';
import {
  emptyTimeline,
  findPost,
  isOpenQuestion,
  openQuestions,
  withPage,
  withPublication,
  withQuestions,
} from '../src/sdk';
import type { Post, Publication, Timeline } from '../src/sdk';
import { kept, pushed, roomJoined } from './harness';

const base = { room: 'plaza', minute: 7 };
const after = (...publications: Publication[]): Timeline =>
  publications.reduce(withPublication, emptyTimeline(roomJoined()));
const page = (posts: Post[], more = false, epoch = 'e1') => ({ epoch, posts, more });
const hide = (offset: number, target: number): Publication => ({ ...base, offset, kind: 'hide', target });
const restore = (offset: number, target: number, body?: string): Publication => ({
  ...base,
  offset,
  kind: 'restore',
  target,
  ...(body === undefined ? {} : { body }),
});
const answered = (offset: number, target: number, on = true): Publication => ({
  ...base,
  offset,
  kind: 'answered',
  target,
  on,
});
const asks = (offset: number): Publication => ({ ...pushed(offset), question: true }) as Publication;

describe('hidden posts', () => {
  test('lose their text, and get it back when restored', () => {
    const hidden = after(pushed(4), hide(5, 4));
    expect(findPost(hidden, 4)).toMatchObject({ hidden: true, retracted: false });
    expect(findPost(hidden, 4)).not.toHaveProperty('body');
    const restored = withPublication(hidden, restore(6, 4, 'post 4'));
    expect(findPost(restored, 4)).toMatchObject({ hidden: false, body: 'post 4', edited: false });
  });

  test('that were hidden before their page came are hidden on it', () => {
    const full = withPage(after(hide(4, 2)), page([kept(2)]));
    expect(findPost(full, 2)).toMatchObject({ hidden: true });
    expect(findPost(full, 2)).not.toHaveProperty('body');
  });

  test('arrive without a body when they are caught up with', () => {
    const { body: _, ...bare } = pushed(4) as { body: string } & Publication;
    const timeline = after({ ...bare, hidden: true } as Publication);
    expect(findPost(timeline, 4)).toMatchObject({ hidden: true });
  });

  test('a restore without a text leaves it to what follows', () => {
    const still = after(pushed(4), hide(5, 4), restore(6, 4), hide(7, 4));
    expect(findPost(still, 4)).toMatchObject({ hidden: true });
    const edited: Publication = { ...base, offset: 7, kind: 'edit', target: 4, body: 'better' };
    const better = after(pushed(4), hide(5, 4), restore(6, 4), edited);
    expect(findPost(better, 4)).toMatchObject({ hidden: false, body: 'better', edited: true });
  });

  test('that are taken back stay gone, whatever is restored', () => {
    const gone = after(
      pushed(4),
      hide(5, 4),
      { ...base, offset: 6, kind: 'retract', target: 4 },
      restore(7, 4, 'x'),
    );
    expect(findPost(gone, 4)).toMatchObject({ retracted: true });
    expect(findPost(gone, 4)).not.toHaveProperty('body');
  });

  test('an edit that was replaced or hidden since brings no text and takes none away', () => {
    const replaced = after(pushed(4), { ...base, offset: 5, kind: 'edit', target: 4 });
    expect(findPost(replaced, 4)).toMatchObject({ retracted: false, edited: true, body: 'post 4' });
    const hidden = after(pushed(4), { ...base, offset: 5, kind: 'edit', target: 4, hidden: true });
    expect(findPost(hidden, 4)).toMatchObject({ hidden: true, retracted: false });
  });
});

describe('questions', () => {
  test('are open until they are marked, and open again when that is undone', () => {
    const asked = after(pushed(4), asks(5));
    expect(openQuestions(asked).map(({ offset }) => offset)).toEqual([5]);
    const done = withPublication(asked, answered(6, 5));
    expect(openQuestions(done)).toEqual([]);
    expect(findPost(done, 5)).toMatchObject({ question: true, answered: true });
    expect(openQuestions(withPublication(done, answered(7, 5, false)))).toHaveLength(1);
  });

  test('from pages of their own and from the conversation are one list, each once', () => {
    const asked = after(asks(4));
    const list = withQuestions(asked, page([kept(1, { question: true }), kept(4, { question: true })]), true);
    expect(openQuestions(list).map(({ offset }) => offset)).toEqual([1, 4]);
    expect(findPost(list, 1)).toBeUndefined();
    expect(list.questionsBefore).toBeNull();
    const marked = withPublication(list, answered(5, 1));
    expect(openQuestions(marked).map(({ offset }) => offset)).toEqual([4]);
  });

  test('what was pushed before their page came is laid over it', () => {
    const list = withQuestions(after(answered(4, 1)), page([kept(1, { question: true })], true), true);
    expect(openQuestions(list)).toEqual([]);
    expect(list.questionsBefore).toBe(1);
  });

  test('one that opens again and is nowhere known makes the list be asked for anew', () => {
    const unknown = after(answered(4, 1, false));
    expect(unknown.questionsMissing).toBe(true);
    const anew = withQuestions(unknown, page([kept(1, { question: true })]), true);
    expect(anew.questionsMissing).toBe(false);
    expect(after(asks(4), answered(5, 4, false)).questionsMissing).toBe(false);
  });

  test('hidden and retracted ones wait for nobody', () => {
    expect(isOpenQuestion(kept(1, { question: true, hidden: true }))).toBe(false);
    expect(isOpenQuestion(kept(1, { question: true, retracted: true }))).toBe(false);
    expect(isOpenQuestion(kept(1))).toBe(false);
  });
});

describe('what moderators set', () => {
  test('is taken from the answer to join, and changed by what is pushed', () => {
    const notice = { text: '알림', minute: 3 };
    const begun = emptyTimeline(roomJoined({ frozen: true, slow_seconds: 30, notice }));
    expect(begun).toMatchObject({ frozen: true, slowSeconds: 30, notice });
    const changed = [
      { ...base, offset: 4, kind: 'slow', slow_seconds: 0 },
      { ...base, offset: 5, kind: 'notice', text: '새 알림' },
      { ...base, offset: 6, kind: 'thaw' },
    ] as Publication[];
    const now = changed.reduce(withPublication, begun);
    expect(now).toMatchObject({ frozen: false, slowSeconds: 0, notice: { text: '새 알림', minute: 7 } });
    expect(withPublication(now, { ...base, offset: 7, kind: 'notice' }).notice).toBeNull();
  });

  test('comes whole with settings; a notice that stays keeps its time', () => {
    const begun = emptyTimeline(roomJoined({ notice: { text: '알림', minute: 3 } }));
    const set = { ...base, offset: 4, kind: 'settings', frozen: true, slow_seconds: 9 } as const;
    const same = withPublication(begun, { ...set, text: '알림' });
    expect(same).toMatchObject({
      frozen: true,
      slowSeconds: 9,
      head: 4,
      notice: { text: '알림', minute: 3 },
    });
    expect(withPublication(begun, set).notice).toBeNull();
  });
});
