// The conversation: rows by day, older ones fetched on the way up, and a word when something new came in below.

import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { findPost, isReadable } from '../sdk';
import type { Post, Welcome } from '../sdk';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { dayText } from '../text/time';
import { PostActions } from './actions';
import { useAnchor } from './anchor';
import { DownIcon } from './icons';
import { PendingRow } from './pending';
import { PostRow } from './post';
import { RetractDialog } from './retract';
import { rowsOf } from './rows';
import type { Row } from './rows';
import { scrolling } from './viewport';

interface Props {
  room: RoomState;
  welcome: Welcome;
  /** A post to show, asked for from elsewhere. */
  target: Signal<number | null>;
  onReply: (offset: number) => void;
  onEdit: (offset: number) => void;
}

/** How far above the upper edge older posts are fetched, so that one seldom sees the end. */
const AHEAD = '600px';
/** Pages to go through when a quoted post is further up. */
const QUOTE_PAGES_MAX = 8;
const FLASH_MS = 1_600;
/** Screen readers have taken it up by then. */
const SAID_MS = 6_000;
/** Posts that come this close together are counted and not read out one by one. */
const GATHER_MS = 1_000;
const SAID_LENGTH_MAX = 240;

export function Log({ room, welcome, target, onReply, onEdit }: Props) {
  const atEnd = useSignal(true);
  const acting = useSignal<{ offset: number; at: DOMRect } | null>(null);
  const retracting = useSignal<number | null>(null);
  const anchor = useAnchor(atEnd);
  const unreadFrom = useUnreadFrom(room);
  const posts = room.timeline.value?.posts ?? [];
  const rows = rowsOf(posts, room.pending.value, room, unreadFrom);
  useTarget(room, target, anchor.list);
  useReading(room, atEnd.value);
  useStartAtUnread(unreadFrom, anchor.list);
  useOwnPostsInSight(room, () => anchor.toEnd(false));

  const actingOn = acting.value && room.timeline.value && findPost(room.timeline.value, acting.value.offset);
  const drawRow = (row: Row) => (
    <RowView
      key={row.key}
      row={row}
      room={room}
      onAct={(offset, at) => (acting.value = { offset, at })}
      onQuote={(offset) => void goTo(offset, room, anchor.list.current)}
    />
  );
  return (
    <div class="log-frame">
      <div
        ref={anchor.scroller}
        class="log"
        role="log"
        aria-live="off"
        lang={welcome.programme.language}
        aria-label={text.value.room.log(room.summary.value.name)}
        tabIndex={0}
        data-testid="log"
      >
        <Beginning room={room} scroller={anchor.scroller} />
        <ol ref={anchor.list} class="rows">
          {rows.map(drawRow)}
        </ol>
      </div>
      {!atEnd.value && <ToEnd count={room.unread.value} onClick={() => anchor.toEnd(true)} />}
      <Announcer room={room} />
      {actingOn && acting.value && (
        <PostActions
          room={room}
          post={actingOn}
          at={acting.value.at}
          reactions={welcome.reactions}
          answers={welcome.role.answers ?? false}
          onReply={onReply}
          onEdit={onEdit}
          onRetract={(offset) => (retracting.value = offset)}
          onClose={() => (acting.value = null)}
        />
      )}
      {retracting.value !== null && (
        <RetractDialog room={room} offset={retracting.value} onClose={() => (retracting.value = null)} />
      )}
    </div>
  );
}

interface RowProps {
  row: Row;
  room: RoomState;
  onAct: (offset: number, at: DOMRect) => void;
  onQuote: (offset: number) => void;
}

function RowView({ row, room, onAct, onQuote }: RowProps) {
  switch (row.kind) {
    case 'day':
      return (
        <li class="divider">
          <span>{dayText(row.minute)}</span>
        </li>
      );
    case 'unread':
      return (
        <li class="divider new">
          <span>{text.value.room.unreadFrom}</span>
        </li>
      );
    case 'pending':
      return <PendingRow room={room} pending={row.pending} first={row.first} />;
    case 'post':
      return <PostRow row={row} room={room} onAct={onAct} onQuote={onQuote} />;
  }
}

/** Above the oldest row: a watcher that fetches more, or the place where the room begins. */
function Beginning({ room, scroller }: { room: RoomState; scroller: { current: Element | null } }) {
  const { room: words } = text.value;
  const watcher = useRef<HTMLDivElement>(null);
  const timeline = room.timeline.value;
  const more = timeline?.more ?? false;
  const idle = room.history.value === 'idle';
  useEffect(() => {
    if (!watcher.current || !more || !idle) return;
    const seen = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && void room.loadOlder(),
      { root: scroller.current, rootMargin: `${AHEAD} 0px 0px 0px` },
    );
    seen.observe(watcher.current);
    return () => seen.disconnect();
  }, [more, idle, timeline?.posts[0]?.offset]);

  if (room.history.value === 'failed') {
    return (
      <div class="beginning">
        <p role="alert">{words.loadFailed}</p>
        <button type="button" class="button quiet small" onClick={() => void room.loadOlder()}>
          {words.retry}
        </button>
      </div>
    );
  }
  if (more) {
    return (
      <div ref={watcher} class="beginning">
        <p>{words.loading}</p>
      </div>
    );
  }
  return (
    <div class="beginning">
      <p>{timeline?.posts.length === 0 ? words.empty : words.start}</p>
    </div>
  );
}

function ToEnd({ count, onClick }: { count: number; onClick: () => void }) {
  const { room: words } = text.value;
  return (
    <button type="button" class={count > 0 ? 'to-end some' : 'to-end'} data-testid="to-end" onClick={onClick}>
      {count > 0 ? words.newPosts(count) : <span class="hidden">{words.toBottom}</span>}
      <DownIcon />
    </button>
  );
}

/**
 * Reads new posts of others out. The list itself is no live region: fetching older posts would read those out too. What has
 * been said is taken away again, so that nobody comes across it here, least of all when it was taken back since.
 */
function Announcer({ room }: { room: RoomState }) {
  const said = useSignal('');
  const saidUpTo = useRef<number | null>(null);
  const latest = room.latest.value;
  const loaded = room.timeline.value?.loaded ?? false;
  useEffect(() => {
    if (!loaded) return;
    saidUpTo.current ??= latest?.offset ?? 0;
    if ((latest?.offset ?? 0) <= saidUpTo.current) return;
    const gather = setTimeout(() => {
      said.value = newsText(room, saidUpTo.current ?? 0);
      saidUpTo.current = room.latest.value?.offset ?? 0;
    }, GATHER_MS);
    return () => clearTimeout(gather);
  }, [latest?.offset, loaded]);
  const notice = room.notice.value;
  const noticeAtOpening = useRef(notice);
  useEffect(() => {
    if (notice && notice !== noticeAtOpening.current) said.value = text.value.room.noticeNew(notice.text);
    noticeAtOpening.current = notice;
  }, [notice]);
  useEffect(() => {
    if (latest && !isReadable(latest)) said.value = '';
    const timer = setTimeout(() => (said.value = ''), SAID_MS);
    return () => clearTimeout(timer);
  }, [latest, said.value]);
  return (
    <p class="hidden" aria-live="polite">
      {said.value}
    </p>
  );
}

function newsText(room: RoomState, saidUpTo: number): string {
  const posts = room.timeline.value?.posts ?? [];
  const news = posts.filter((post) => post.offset > saidUpTo && isReadable(post) && !room.isMine(post));
  const [one, other] = news;
  if (!one) return '';
  if (other) return text.value.room.manyNew(news.length);
  return `${one.author}: ${one.body ?? ''}`.slice(0, SAID_LENGTH_MAX);
}

/** Where the new posts began when the room was opened; it stays there while one reads. */
function useUnreadFrom(room: RoomState): number {
  const readAtOpening = useMemo(() => room.readUpTo.value, [room]);
  const posts: readonly Post[] = room.timeline.value?.posts ?? [];
  const first = posts.find((post) => post.offset > readAtOpening && !room.isMine(post));
  const openedAt = useRef<number | null>(null);
  if (openedAt.current === null && room.timeline.value?.loaded) openedAt.current = first?.offset ?? -1;
  return openedAt.current ?? -1;
}

/** Opens the conversation where one left off, if that is further up than the last screen. */
function useStartAtUnread(unreadFrom: number, list: { current: Element | null }): void {
  useEffect(() => {
    if (unreadFrom > 0) list.current?.querySelector('.divider.new')?.scrollIntoView({ block: 'start' });
  }, [unreadFrom]);
}

/** What is at the lower edge of a visible page has been read. */
function useReading(room: RoomState, atEnd: boolean): void {
  const newest = room.latest.value?.offset;
  useEffect(() => {
    const read = (): void => {
      if (atEnd && document.visibilityState === 'visible' && room.timeline.value?.loaded) room.markRead();
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [newest, atEnd]);
}

/** Whoever writes wants to see it, wherever they were reading. */
function useOwnPostsInSight(room: RoomState, toEnd: () => void): void {
  const newest = room.pending.value.findLast((each) => each.target === undefined)?.key;
  const first = useRef(true);
  useEffect(() => {
    if (!first.current && newest !== undefined) toEnd();
    first.current = false;
  }, [newest]);
}

function useTarget(
  room: RoomState,
  target: Signal<number | null>,
  list: RefObject<HTMLElement | null>,
): void {
  const offset = target.value;
  useEffect(() => {
    if (offset === null) return;
    target.value = null;
    void goTo(offset, room, list.current);
  }, [offset]);
}

async function goTo(offset: number, room: RoomState, list: HTMLElement | null): Promise<void> {
  for (let page = 0; page < QUOTE_PAGES_MAX; page += 1) {
    const timeline = room.timeline.value;
    if (!timeline || findPost(timeline, offset) || !timeline.more) break;
    await room.loadOlder();
  }
  const row = list?.querySelector<HTMLElement>(`[data-offset="${offset}"]`);
  if (!row) {
    room.said.value = text.value.questions.tooOld;
    return;
  }
  row.scrollIntoView({ block: 'center', behavior: scrolling() });
  row.classList.add('flash');
  setTimeout(() => row.classList.remove('flash'), FLASH_MS);
}
