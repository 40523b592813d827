// What a room shows: a fold of its publications and of the history pages that were fetched.
//
// Pages and pushes race: a page may be older or newer than the pushes around it. Edits, retractions and reaction counts
// are absolute, so what was pushed is kept by its target and laid over every page; in the end both agree.
// Timelines are values: each function gives a new one, and what did not change keeps its identity.

import type { HistoryPage, Joined, Post, PostPublication, Publication } from './wire';

interface Change {
  body?: string;
  mentions?: string[];
  retracted?: boolean;
  counts: ReadonlyMap<string, number>;
}

export interface Timeline {
  epoch: string;
  /** The offset of the last publication that is folded in. */
  head: number;
  /** By rising offset. */
  posts: readonly Post[];
  frozen: boolean;
  /** Whether a history page has come yet, and whether there are older ones. */
  loaded: boolean;
  more: boolean;
  changes: ReadonlyMap<number, Change>;
}

export function emptyTimeline({ position, frozen }: Joined): Timeline {
  const { epoch, offset } = position;
  return { epoch, head: offset, posts: [], frozen, loaded: false, more: true, changes: new Map() };
}

export function withPublication(timeline: Timeline, publication: Publication): Timeline {
  const next = { ...timeline, head: publication.offset };
  switch (publication.kind) {
    case 'post':
      return withNewPost(next, publication);
    case 'edit': {
      const { target, body, mentions = [], retracted } = publication;
      // Taken back since: the text is gone from this one too.
      if (retracted || body === undefined) return changed(next, target, { retracted: true });
      return changed(next, target, { body, mentions });
    }
    case 'retract':
      return changed(next, publication.target, { retracted: true });
    case 'reaction':
      return changed(next, publication.target, {
        counts: new Map([[publication.reaction, publication.count]]),
      });
    case 'freeze':
      return { ...next, frozen: true };
    case 'thaw':
      return { ...next, frozen: false };
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

/** By halving: it is asked for every quote of a long conversation. */
export function findPost({ posts }: Timeline, offset: number): Post | undefined {
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
  if (!findPost(timeline, publication.offset))
    return { ...timeline, posts: merged(timeline.posts, [postOf(publication)]) };
  if (!publication.retracted) return timeline;
  return changed(timeline, publication.offset, { retracted: true });
}

function postOf(publication: PostPublication): Post {
  const { offset, minute, author, role, body, retracted = false, reply_to, mentions = [] } = publication;
  const post: Post = {
    offset,
    minute,
    author,
    edited: false,
    retracted,
    mentions,
    reactions: [],
    mine: false,
  };
  if (role !== undefined) post.role = role;
  if (body !== undefined) post.body = body;
  if (reply_to !== undefined) post.reply_to = reply_to;
  return post;
}

function changed(timeline: Timeline, target: number, news: Partial<Change>): Timeline {
  const before = timeline.changes.get(target);
  const counts = new Map([...(before?.counts ?? []), ...(news.counts ?? [])]);
  const change: Change = { ...before, ...news, counts };
  const changes = new Map(timeline.changes).set(target, change);
  return withPost({ ...timeline, changes }, target, (post) => overlaid(post, change));
}

function withPost(timeline: Timeline, target: number, alter: (post: Post) => Post): Timeline {
  const posts = timeline.posts.map((post) => (post.offset === target ? alter(post) : post));
  return { ...timeline, posts };
}

function overlaid(post: Post, change: Change | undefined): Post {
  if (!change) return post;
  const next = { ...post };
  if (change.body !== undefined) {
    next.edited = true;
    next.body = change.body;
    next.mentions = change.mentions ?? [];
  }
  if (change.retracted) next.retracted = true;
  if (next.retracted) delete next.body;
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
