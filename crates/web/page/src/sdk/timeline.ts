// What a room shows: a fold of its publications and of the history pages that were fetched.
//
// Pages and pushes race: a page may be older or newer than the pushes around it. Edits, retractions, marks and reaction counts
// are absolute, so what was pushed is kept by its target and laid over every page; in the end both agree.
// Timelines are values: each function gives a new one, and what did not change keeps its identity.

import type { HistoryPage, Joined, NoticeInfo, Post, PostPublication, Publication } from './wire';

interface Change {
  body?: string;
  mentions?: string[];
  edited?: boolean;
  retracted?: boolean;
  hidden?: boolean;
  answered?: boolean;
  counts: ReadonlyMap<string, number>;
}

export interface Timeline {
  epoch: string;
  /** The offset of the last publication that is folded in. */
  head: number;
  /** By rising offset. */
  posts: readonly Post[];
  /** Open questions that were asked for by themselves; they may be older than all posts here. */
  questions: readonly Post[];
  /** Where to go on asking for questions; null when all have come. */
  questionsBefore: number | null;
  /** A question was opened again that is not among those known: the list has to be asked for anew. */
  questionsMissing: boolean;
  frozen: boolean;
  slowSeconds: number;
  notice: NoticeInfo | null;
  /** Whether a history page has come yet, and whether there are older ones. */
  loaded: boolean;
  more: boolean;
  changes: ReadonlyMap<number, Change>;
}

/** What moderators have set in a room, as the answer to `join` and `resume` has it. */
export type Settings = Pick<Timeline, 'frozen' | 'slowSeconds' | 'notice'>;

export function settingsOf({ frozen, slow_seconds, notice }: Joined): Settings {
  return { frozen, slowSeconds: slow_seconds ?? 0, notice: notice ?? null };
}

export function emptyTimeline(joined: Joined): Timeline {
  const { epoch, offset } = joined.position;
  return {
    epoch,
    head: offset,
    posts: [],
    questions: [],
    questionsBefore: null,
    questionsMissing: false,
    ...settingsOf(joined),
    loaded: false,
    more: true,
    changes: new Map(),
  };
}

export function withPublication(timeline: Timeline, publication: Publication): Timeline {
  const next = { ...timeline, head: publication.offset };
  switch (publication.kind) {
    case 'post':
      return withNewPost(next, publication);
    case 'edit': {
      const { target, body, mentions = [], retracted, hidden } = publication;
      if (retracted) return changed(next, target, { retracted });
      if (hidden) return changed(next, target, { hidden, edited: true });
      // Replaced once more since: the text comes with the edit that did it.
      if (body === undefined) return changed(next, target, { edited: true });
      // Whatever was hidden or restored in between, whoever is given the text may read it.
      return changed(next, target, { body, mentions, edited: true, hidden: false });
    }
    case 'retract':
      return changed(next, publication.target, { retracted: true });
    case 'reaction':
      return changed(next, publication.target, {
        counts: new Map([[publication.reaction, publication.count]]),
      });
    case 'answered':
      return reopened(
        changed(next, publication.target, { answered: publication.on }),
        publication.target,
        !publication.on,
      );
    case 'hide':
      return changed(next, publication.target, { hidden: true });
    case 'restore': {
      const { target, body, mentions = [] } = publication;
      // Replaced, hidden again or taken back since: the publication that did it follows.
      if (body === undefined) return next;
      return reopened(changed(next, target, { hidden: false, body, mentions }), target, true);
    }
    case 'freeze':
      return { ...next, frozen: true };
    case 'thaw':
      return { ...next, frozen: false };
    case 'slow':
      return { ...next, slowSeconds: publication.slow_seconds };
    case 'notice':
      return { ...next, notice: noticeOf(next, publication.text, publication.minute) };
    case 'settings': {
      const { frozen, slow_seconds, text, minute } = publication;
      return { ...next, frozen, slowSeconds: slow_seconds, notice: noticeOf(next, text, minute) };
    }
    default:
      // A kind that a later server knows: only its offset counts.
      return next;
  }
}

export function withPage(timeline: Timeline, page: HistoryPage): Timeline {
  if (page.epoch !== timeline.epoch) return timeline;
  const posts = page.posts.map((post) => overlaid(post, timeline.changes.get(post.offset)));
  return { ...timeline, posts: merged(timeline.posts, posts), loaded: true, more: page.more };
}

/** A page of open questions. `anew` is the first one of a list; what was known of an earlier list goes. */
export function withQuestions(timeline: Timeline, page: HistoryPage, anew: boolean): Timeline {
  if (page.epoch !== timeline.epoch) return timeline;
  const posts = page.posts.map((post) => overlaid(post, timeline.changes.get(post.offset)));
  return {
    ...timeline,
    questions: anew ? posts : merged(timeline.questions, posts),
    questionsBefore: page.more ? (page.posts[0]?.offset ?? null) : null,
    questionsMissing: anew ? false : timeline.questionsMissing,
  };
}

/** Questions that nobody has marked as answered, the oldest first: who has waited longest comes first. */
export function openQuestions({ posts, questions }: Timeline): Post[] {
  return merged(questions, posts.filter(isOpenQuestion)).filter(isOpenQuestion);
}

export function isOpenQuestion({ question, answered, retracted, hidden }: Post): boolean {
  return question && !answered && !retracted && !hidden;
}

/** Whether there is a text to read. */
export function isReadable({ retracted, hidden }: Post): boolean {
  return !retracted && !hidden;
}

/** Our own reaction has been taken: pushes carry counts only, and never whose they are. */
export function withOwnReaction(
  timeline: Timeline,
  target: number,
  reaction: string,
  mine: boolean,
): Timeline {
  return withPost(timeline, target, (post) => {
    const known = post.reactions.some((each) => each.reaction === reaction);
    const reactions = known || !mine ? post.reactions : [...post.reactions, { reaction, count: 1, mine }];
    return {
      ...post,
      reactions: reactions.map((each) => (each.reaction === reaction ? { ...each, mine } : each)),
    };
  });
}

export function findPost({ posts }: Timeline, offset: number): Post | undefined {
  return findIn(posts, offset);
}

/** By halving: it is asked for every quote of a long conversation. */
function findIn(posts: readonly Post[], offset: number): Post | undefined {
  let low = 0;
  let high = posts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((posts[middle]?.offset ?? Infinity) <= offset) low = middle;
    else high = middle - 1;
  }
  const found = posts[low];
  return found?.offset === offset ? found : undefined;
}

/** A page that has this post already knows more than the push: whose the reactions are, and what came after. */
function withNewPost(timeline: Timeline, publication: PostPublication): Timeline {
  const { offset, retracted, hidden } = publication;
  if (!findPost(timeline, offset))
    return { ...timeline, posts: merged(timeline.posts, [postOf(publication)]) };
  if (retracted) return changed(timeline, offset, { retracted });
  return hidden ? changed(timeline, offset, { hidden }) : timeline;
}

function postOf(publication: PostPublication): Post {
  const { offset, minute, author, role, body, reply_to, mentions = [] } = publication;
  const { retracted = false, hidden = false, question = false } = publication;
  const post: Post = {
    offset,
    minute,
    author,
    edited: false,
    retracted,
    hidden,
    question,
    answered: false,
    mentions,
    reactions: [],
    mine: false,
  };
  if (role !== undefined) post.role = role;
  if (body !== undefined) post.body = body;
  if (reply_to !== undefined) post.reply_to = reply_to;
  return post;
}

/** The notice that is up since this minute; the same words again are no new notice. */
function noticeOf({ notice }: Timeline, text: string | undefined, minute: number): NoticeInfo | null {
  if (text === undefined) return null;
  return notice?.text === text ? notice : { text, minute };
}

/** A question that became open and is nowhere among those known. */
function reopened(timeline: Timeline, target: number, open: boolean): Timeline {
  if (!open || findPost(timeline, target) || findIn(timeline.questions, target)) return timeline;
  return { ...timeline, questionsMissing: true };
}

function changed(timeline: Timeline, target: number, news: Partial<Change>): Timeline {
  const before = timeline.changes.get(target);
  const counts = new Map([...(before?.counts ?? []), ...(news.counts ?? [])]);
  const change: Change = { ...before, ...news, counts };
  const changes = new Map(timeline.changes).set(target, change);
  return withPost({ ...timeline, changes }, target, (post) => overlaid(post, change));
}

function withPost(timeline: Timeline, target: number, alter: (post: Post) => Post): Timeline {
  const altered = (posts: readonly Post[]): readonly Post[] =>
    findIn(posts, target) ? posts.map((post) => (post.offset === target ? alter(post) : post)) : posts;
  return { ...timeline, posts: altered(timeline.posts), questions: altered(timeline.questions) };
}

function overlaid(post: Post, change: Change | undefined): Post {
  if (!change) return post;
  const next = { ...post };
  if (change.body !== undefined) {
    next.body = change.body;
    next.mentions = change.mentions ?? [];
  }
  if (change.edited) next.edited = true;
  if (change.retracted) next.retracted = true;
  if (change.hidden !== undefined) next.hidden = change.hidden;
  if (change.answered !== undefined) next.answered = change.answered;
  if (!isReadable(next)) delete next.body;
  next.reactions = recounted(post.reactions, change.counts);
  return next;
}

function recounted(reactions: Post['reactions'], counts: Change['counts']): Post['reactions'] {
  const kept = reactions.map((each) => ({ ...each, count: counts.get(each.reaction) ?? each.count }));
  const known = new Set(reactions.map((each) => each.reaction));
  const added = [...counts]
    .filter(([reaction]) => !known.has(reaction))
    .map(([reaction, count]) => ({ reaction, count, mine: false }));
  return [...kept, ...added].filter((each) => each.count > 0);
}

/** Both lists rise by offset; where both hold a post the newcomer wins. */
function merged(posts: readonly Post[], newcomers: readonly Post[]): readonly Post[] {
  const last = posts[posts.length - 1];
  const first = newcomers[0];
  if (!first) return posts;
  if (!last || last.offset < first.offset) return [...posts, ...newcomers];
  const byOffset = new Map(posts.map((post) => [post.offset, post]));
  for (const post of newcomers) byOffset.set(post.offset, post);
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset);
}
