// A room as the page holds it, before a server of paper: what is on its way, what is kept, and when one may write.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Rejection, ServerClock } from '../src/sdk';
import type { Method, Params, Publication, Session } from '../src/sdk';
import { Notes } from '../src/state/notes';
import { RoomState } from '../src/state/room';
import { kept, pushed, roomJoined, settled } from './harness';

interface Asked {
  method: Method;
  params: Record<string, unknown>;
  done: (result: unknown) => void;
  failed: (error: Error) => void;
}

/** The part of a session that a room talks to. */
class PaperSession {
  readonly asked: Asked[] = [];
  readonly refreshed: string[] = [];

  command<M extends Method>(method: M, params: Params<M>): Promise<unknown> {
    return new Promise((done, failed) =>
      this.asked.push({ method, params: params as Record<string, unknown>, done, failed }),
    );
  }

  refresh(room: string): void {
    this.refreshed.push(room);
  }

  last(method: Method): Asked {
    const found = this.asked.filter((each) => each.method === method).at(-1);
    if (!found) throw new Error(`no ${method}`);
    return found;
  }

  count(method: Method): number {
    return this.asked.filter((each) => each.method === method).length;
  }
}

const MINUTE = 60_000;
const START = 29_000_000;
let session: PaperSession;
let room: RoomState;

beforeEach(() => {
  vi.useFakeTimers({ now: START * MINUTE });
  session = new PaperSession();
  room = roomIn();
  room.started(roomJoined());
  session.last('history').done({ epoch: 'e1', posts: [kept(1), kept(2), kept(3)], more: false });
});
afterEach(() => vi.useRealTimers());

function roomIn(): RoomState {
  const summary = { room: 'plaza', name: '광장', size: '10-29', frozen: false, phase: 'open' } as const;
  const clock = new ServerClock(() => Date.now());
  return new RoomState(summary, session as unknown as Session, new Notes('test'), clock, 50);
}

function publish(what: object): void {
  const offset = (room.timeline.value?.head ?? 0) + 1;
  room.published({ room: 'plaza', offset, minute: START, ...what } as Publication);
}

function writes(body: string): void {
  room.setDraft({ ...room.draft.value, body });
}

test('a question goes out as one, and the next post is none', () => {
  room.setDraft({ body: '무엇인가요?', question: true });
  room.send();
  expect(session.last('post').params).toMatchObject({ body: '무엇인가요?', question: true });
  writes('다음 글');
  room.send();
  expect(session.last('post').params).not.toHaveProperty('question');
});

test('what was typed is kept through a freeze, and nothing goes out meanwhile', () => {
  writes('쓰다 만 글');
  publish({ kind: 'freeze' });
  expect(room.writing.value).toBe('frozen');
  room.send();
  expect(session.count('post')).toBe(0);
  publish({ kind: 'thaw' });
  expect(room.writing.value).toBe('open');
  expect(room.draft.value.body).toBe('쓰다 만 글');
});

test('a post that slow mode refuses comes back as text, with the time to wait', async () => {
  publish({ kind: 'slow', slow_seconds: 60 });
  writes('천천히');
  room.send();
  const refused = { code: 3003, message: 'slow_mode', data: { retry_after_ms: 30_000 } };
  session.last('post').failed(new Rejection(refused));
  await settled();
  expect(room.pending.value).toEqual([]);
  expect(room.draft.value.body).toBe('천천히');
  expect(room.pace.waitMs()).toBe(30_000);
  room.send();
  expect(session.count('post')).toBe(1);
  vi.advanceTimersByTime(30_000);
  room.send();
  expect(session.count('post')).toBe(2);
});

test('in slow mode one post is on its way at a time, and its confirmation begins the wait', async () => {
  publish({ kind: 'slow', slow_seconds: 60 });
  writes('하나');
  room.send();
  writes('둘');
  room.send();
  expect(session.count('post')).toBe(1);
  expect(room.draft.value.body).toBe('둘');
  session.last('post').done({ offset: 5 });
  await settled();
  expect(room.pace.waitMs()).toBe(60_000);
  publish({ kind: 'slow', slow_seconds: 0 });
  expect(room.pace.waitMs()).toBe(0);
});

test('a mute is the server’s to end: it is asked when the minute should have come', () => {
  room.mute.set(START + 3);
  expect(room.writing.value).toBe('muted');
  vi.advanceTimersByTime(2 * MINUTE);
  expect(session.refreshed).toEqual([]);
  vi.advanceTimersByTime(1 * MINUTE);
  expect(session.refreshed).toEqual(['plaza']);
  expect(room.writing.value).toBe('muted');
  room.resumed(roomJoined());
  expect(room.writing.value).toBe('open');
  vi.advanceTimersByTime(10 * MINUTE);
  expect(session.refreshed).toEqual(['plaza']);
});

test('a device’s clock that is days ahead does not end a mute', () => {
  vi.setSystemTime((START + 3 * 1440) * MINUTE);
  room = roomIn();
  room.started(roomJoined());
  room.published(pushed(4, 'now', START));
  room.mute.set(START + 30);
  vi.advanceTimersByTime(20 * MINUTE);
  expect(session.refreshed).toEqual([]);
  expect(room.writing.value).toBe('muted');
});

test('a refusal tells of a mute that the page had missed, and the text stays', async () => {
  writes('막힌 글');
  room.send();
  session
    .last('post')
    .failed(new Rejection({ code: 3528, message: 'muted', data: { muted_until: START + 9 } }));
  await settled();
  expect(room.mute.until.value).toBe(START + 9);
  expect(room.pending.value).toMatchObject([{ body: '막힌 글', fate: { kind: 'failed', refusal: 'muted' } }]);
});

test('what lasts longest is said first', () => {
  publish({ kind: 'freeze' });
  room.mute.set(START + 9);
  expect(room.writing.value).toBe('muted');
  room.phaseChanged('closed');
  expect(room.writing.value).toBe('closed');
});

test('a member who is put out keeps what was being written, one who leaves does not', () => {
  writes('쓰다 만 글');
  room.ended({ code: 2502, reason: 'removed' });
  expect(room.handle.value).toBeNull();
  expect(room.draft.value.body).toBe('쓰다 만 글');
  room.ended({ code: 2500, reason: 'left' });
  expect(room.draft.value.body).toBe('');
});

test('resuming takes over what moderators have set meanwhile, and shows nothing anew', () => {
  const before = room.timeline.value?.posts;
  room.resumed(
    roomJoined({ frozen: true, slow_seconds: 9, phase: 'closed', notice: { text: '알림', minute: 1 } }),
  );
  expect(room.timeline.value?.posts).toBe(before);
  expect(room.frozen.value).toBe(true);
  expect(room.slowSeconds.value).toBe(9);
  expect(room.notice.value?.text).toBe('알림');
  expect(room.writing.value).toBe('closed');
});

test('open questions are asked for a page at a time, and anew when one opens that is not known', async () => {
  void room.questionList.load(true);
  expect(session.last('history').params).toEqual({ room: 'plaza', limit: 50, open_questions: true });
  session.last('history').done({ epoch: 'e1', posts: [kept(2, { question: true })], more: true });
  await settled();
  expect(room.questions.value.map(({ offset }) => offset)).toEqual([2]);
  void room.questionList.load(false);
  expect(session.last('history').params).toMatchObject({ open_questions: true, before: 2 });
  session.last('history').done({ epoch: 'e1', posts: [kept(1, { question: true })], more: false });
  await settled();
  expect(room.questions.value.map(({ offset }) => offset)).toEqual([2, 1]);
  const asked = session.count('history');
  publish({ kind: 'answered', target: 0, on: false });
  expect(session.count('history')).toBe(asked + 1);
});

test('a refused mark is told', async () => {
  void room.answer(2, true);
  session.last('answer').failed(new Rejection({ code: 3531, message: 'may_not_answer' }));
  await settled();
  expect(room.refusal.value).toBe('may_not_answer');
});

test('hidden and retracted posts are not counted as new', () => {
  publish({ kind: 'post', author: 'x', body: 'new' });
  publish({ kind: 'post', author: 'x', hidden: true });
  expect(room.unread.value).toBe(1);
});
