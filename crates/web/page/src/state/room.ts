// One room as the page shows it: its timeline, what is on its way, the draft, and what has been read.
//
// It holds signals and no components; the session's events come in through `started`, `resumed`, `published` and `ended`.

import { batch, computed, signal } from '@preact/signals';
import {
  Rejection,
  SessionEnded,
  emptyTimeline,
  findPost,
  freshKey,
  mentionsIn,
  openQuestions,
} from '../sdk';
import { isReadable, settingsOf, withOwnReaction, withPage, withPublication } from '../sdk';
import type { Finding, Joined, Phase, Post, Publication, RoomEnded, RoomSummary } from '../sdk';
import type { ServerClock, Session, Timeline } from '../sdk';
import type { Draft, Notes, Unsent } from './notes';
import { QuestionList } from './questions';
import { Mute, SlowPace } from './restraint';

export type Fate =
  | { kind: 'sending' }
  /** The server asks whether personal information may go out. */
  | { kind: 'asking'; findings: Finding[] }
  | { kind: 'failed'; refusal: string };

export interface Pending extends Unsent {
  fate: Fate;
  /** Where the post was seen to land, by its push or by its reply, whichever came first. */
  offset?: number;
}

export type History = 'idle' | 'loading' | 'failed';

/** Whether one may write, and otherwise why not: what lasts longest is said first. */
export type Writing = 'open' | 'closed' | 'upcoming' | 'muted' | 'frozen';

/** How this page lost the room, in the server's words. */
export type Ending = Pick<RoomEnded, 'code' | 'reason'>;

/** The ends that a person chose, or that leave nothing: what was begun there goes too. */
const FINAL = new Set(['left', 'room_destroyed']);

export class RoomState {
  readonly summary;
  readonly timeline = signal<Timeline | null>(null);
  readonly pending = signal<Pending[]>([]);
  readonly history = signal<History>('idle');
  readonly joining = signal(false);
  readonly joinRefusal = signal<string | null>(null);
  /** The server cannot serve the room now, and why. */
  readonly suspendedBy = signal<number | null>(null);
  /** Why it ended here, if the server ended it. */
  readonly endedBy = signal<Ending | null>(null);
  readonly mute;
  readonly pace = new SlowPace();
  /** A small thing to tell once: the name of a refusal, or a sentence. */
  readonly refusal = signal<string | null>(null);
  readonly said = signal('');
  readonly draft;
  /** Reactions given that no push has confirmed: `target reaction` → on. */
  readonly reacting = signal<ReadonlyMap<string, boolean>>(new Map());
  readonly readUpTo = signal(0);
  readonly handle = computed(() => this.summary.value.handle ?? null);
  readonly frozen = computed(() => this.timeline.value?.frozen ?? this.summary.value.frozen);
  readonly phase = computed<Phase>(() => this.summary.value.phase ?? 'open');
  readonly writing = computed<Writing>(() => this.#writing());
  readonly slowSeconds = computed(() => this.timeline.value?.slowSeconds ?? 0);
  readonly notice = computed(() => this.timeline.value?.notice ?? null);
  /** The newest first. */
  readonly questions = computed(() =>
    this.timeline.value ? openQuestions(this.timeline.value).reverse() : [],
  );
  readonly questionList;
  readonly unread = computed(() => this.#countUnread());
  /** Handles of others that have posted here, the latest first: those may be addressed. */
  readonly others = computed(() => this.#others());
  /** What a list shows of the room. */
  readonly latest = computed(() => this.timeline.value?.posts.at(-1) ?? null);
  /** Keeps a post's place in the page's tree when it turns from pending into published. */
  readonly renderKeys = new Map<number, string>();

  readonly #session: Session;
  readonly #notes: Notes;
  readonly #clock: ServerClock;
  readonly #pageSize: number;
  /** Counts the streams: what was asked in an earlier one is thrown away. */
  #stream = 0;
  /** Where the log stood when the server was last asked. */
  #headAtResume = 0;
  #restored = false;

  constructor(summary: RoomSummary, session: Session, notes: Notes, clock: ServerClock, pageSize: number) {
    this.summary = signal(summary);
    this.draft = signal<Draft>(notes.draft(summary.room));
    this.#session = session;
    this.#notes = notes;
    this.#clock = clock;
    this.mute = new Mute(clock, () => this.refresh());
    this.questionList = new QuestionList(summary.room, session, this.timeline, pageSize);
    this.#pageSize = pageSize;
    const fate: Fate = { kind: 'sending' };
    this.pending.value = notes.unsent(summary.room).map((unsent) => ({ ...unsent, fate }));
  }

  get id(): string {
    return this.summary.peek().room;
  }

  isMine(post: Post): boolean {
    return post.mine || post.author === this.handle.value;
  }

  // What the session tells.

  started(joined: Joined): void {
    this.#stream += 1;
    const { epoch, offset } = joined.position;
    const read = this.#notes.read(this.id);
    batch(() => {
      this.resumed(joined);
      this.timeline.value = emptyTimeline(joined);
      this.history.value = 'idle';
      this.questionList.begin();
      this.reacting.value = new Map();
      this.endedBy.value = null;
      // The server has confirmed these: the history that is asked for now holds them.
      this.#setPending(this.pending.value.filter((each) => each.offset === undefined));
      this.renderKeys.clear();
      // Who comes for the first time, or after the log was replaced, has nothing to catch up with.
      this.readUpTo.value = read?.epoch === epoch ? read.offset : offset;
    });
    if (read?.epoch !== epoch) this.#notes.saveRead(this.id, { epoch, offset });
    void this.loadOlder();
    this.#sendRestored();
  }

  resumed(joined: Joined): void {
    const { handle, size, frozen, phase = this.phase.value } = joined;
    this.#headAtResume = joined.position.offset;
    batch(() => {
      this.suspendedBy.value = null;
      this.summary.value = { ...this.summary.value, handle, size, frozen, phase };
      if (this.timeline.value) this.timeline.value = { ...this.timeline.value, ...settingsOf(joined) };
      this.mute.set(joined.muted_until ?? null);
    });
    if (this.slowSeconds.value === 0) this.pace.end();
  }

  published(publication: Publication): void {
    const timeline = this.timeline.value;
    if (!timeline) return;
    batch(() => {
      if (publication.kind === 'post' && publication.author === this.handle.value) this.#land(publication);
      this.timeline.value = withPublication(timeline, publication);
      if (this.slowSeconds.value === 0) this.pace.end();
      this.#dropLanded();
    });
    // What is caught up with may be old; what comes behind the room's head is from just now.
    if (publication.offset > this.#headAtResume) this.#clock.isNow(publication.minute);
    else this.#clock.notBefore(publication.minute);
    this.questionList.mend();
  }

  phaseChanged(phase: Phase): void {
    this.summary.value = { ...this.summary.value, phase };
    if (phase === 'open' && this.joinRefusal.value === 'room_not_open') this.joinRefusal.value = null;
  }

  suspended(code: number): void {
    this.suspendedBy.value = code;
  }

  /** With the server's word; without one where the person left. */
  ended(ending: Ending | null = null): void {
    this.#stream += 1;
    const final = ending === null || FINAL.has(ending.reason);
    this.mute.set(null);
    const { handle: _, ...summary } = this.summary.value;
    batch(() => {
      this.summary.value = summary;
      this.timeline.value = null;
      this.suspendedBy.value = null;
      this.endedBy.value = ending && { code: ending.code, reason: ending.reason };
      this.joinRefusal.value = null;
      this.pending.value = [];
      if (final) this.draft.value = { body: '' };
    });
    if (final) this.#notes.forget(this.id);
  }

  // What the person does.

  async loadOlder(): Promise<void> {
    const timeline = this.timeline.value;
    if (!timeline || this.history.value === 'loading' || (timeline.loaded && !timeline.more)) return;
    const stream = this.#stream;
    const before = timeline.loaded ? timeline.posts[0]?.offset : undefined;
    this.history.value = 'loading';
    try {
      const params = { room: this.id, limit: this.#pageSize, ...(before === undefined ? {} : { before }) };
      const page = await this.#session.command('history', params);
      if (stream !== this.#stream || !this.timeline.value) return;
      batch(() => {
        this.timeline.value = withPage(this.timeline.value as Timeline, page);
        for (const { minute } of page.posts.slice(-1)) this.#clock.notBefore(minute);
        this.history.value = 'idle';
      });
    } catch {
      if (stream === this.#stream) this.history.value = 'failed';
    }
  }

  /** Asks the server how things stand: whether one may write again, whether the room is open. */
  refresh(): void {
    this.#session.refresh(this.id);
  }

  setDraft(draft: Draft): void {
    this.draft.value = draft;
    this.#notes.saveDraft(this.id, draft);
  }

  send(): void {
    const { replyTo, editing, question } = this.draft.value;
    const body = this.draft.value.body.trim();
    if (body === '' || this.writing.value !== 'open') return;
    if (editing === undefined && (this.pace.waitMs() > 0 || this.#slowPostUnderWay())) return;
    this.endDraft();
    // Nothing was changed, so nobody needs to hear of it.
    if (editing !== undefined && this.#bodyOf(editing) === body.normalize('NFC')) return;
    const pending: Pending = { key: freshKey(), body, fate: { kind: 'sending' } };
    if (replyTo !== undefined) pending.replyTo = replyTo;
    if (editing !== undefined) pending.target = editing;
    else if (question) pending.question = true;
    const mentions = mentionsIn(body, this.others.value);
    if (mentions.length > 0) pending.mentions = mentions;
    this.#setPending([...this.pending.value, pending]);
    this.#submit(pending, false);
  }

  /** A post of one's own into the composer; what was begun there is kept for afterwards. */
  edit(target: number): void {
    const { kept, ...begun } = this.draft.value;
    const body = this.pendingEdit(target)?.body ?? this.#bodyOf(target);
    this.setDraft({
      body,
      editing: target,
      kept: begun.editing === undefined ? begun : (kept ?? { body: '' }),
    });
  }

  /** Sent, or given up: back to what was begun before, or to nothing. */
  endDraft(): void {
    this.setDraft(this.draft.value.kept ?? { body: '' });
  }

  pendingEdit(target: number): Pending | undefined {
    return this.pending.value.find((each) => each.target === target);
  }

  async retract(target: number): Promise<void> {
    await this.#session.command('retract', { room: this.id, key: freshKey(), target });
  }

  /** Again, with the same key: if it did arrive after all, it stays one post. */
  retry(key: string, confirmed = false): void {
    const pending = this.#find(key);
    if (!pending) return;
    this.#setFate(key, { kind: 'sending' });
    this.#submit(pending, confirmed);
  }

  discard(key: string): void {
    this.#setPending(this.pending.value.filter((each) => each.key !== key));
  }

  /** Back into the composer, ahead of what may be written there by now. */
  takeBack(key: string): void {
    const pending = this.#find(key);
    if (!pending) return;
    this.discard(key);
    if (pending.target !== undefined) {
      this.edit(pending.target);
      return this.setDraft({ ...this.draft.value, body: pending.body });
    }
    const { body, replyTo = pending.replyTo, question = pending.question, ...rest } = this.draft.value;
    const draft: Draft = { ...rest, body: body === '' ? pending.body : `${pending.body}\n${body}` };
    if (replyTo !== undefined) draft.replyTo = replyTo;
    if (question) draft.question = question;
    this.setDraft(draft);
  }

  async react(target: number, reaction: string, on: boolean): Promise<void> {
    const name = `${target} ${reaction}`;
    this.reacting.value = new Map(this.reacting.value).set(name, on);
    try {
      await this.#session.command('react', { room: this.id, key: freshKey(), target, reaction, on });
      const timeline = this.timeline.value;
      if (timeline) this.timeline.value = withOwnReaction(timeline, target, reaction, on);
    } finally {
      const reacting = new Map(this.reacting.value);
      // A later tap on the same reaction is still on its way: leave its word standing.
      if (reacting.get(name) === on) reacting.delete(name);
      this.reacting.value = reacting;
    }
  }

  /** Marks a question as answered, or as open again. */
  async answer(target: number, on: boolean): Promise<void> {
    try {
      await this.#session.command('answer', { room: this.id, key: freshKey(), target, on });
    } catch (error) {
      if (error instanceof Rejection) this.refusal.value = error.message;
    }
  }

  async redraw(): Promise<string> {
    const { handle } = await this.#session.command('redraw', { room: this.id });
    this.summary.value = { ...this.summary.value, handle };
    return handle;
  }

  markRead(): void {
    const timeline = this.timeline.value;
    const newest = timeline?.posts.at(-1)?.offset;
    if (!timeline || newest === undefined || newest <= this.readUpTo.value) return;
    this.readUpTo.value = newest;
    this.#notes.saveRead(this.id, { epoch: timeline.epoch, offset: newest });
  }

  #submit(pending: Pending, confirmed: boolean): void {
    const { key, target } = pending;
    this.#command(pending, confirmed).then(
      ({ offset }) => {
        if (target === undefined) this.pace.waitFor(this.slowSeconds.value * 1000);
        this.#setPending(this.pending.value.map((each) => (each.key === key ? { ...each, offset } : each)));
        if (target === undefined) this.renderKeys.set(offset, key);
        this.#dropLanded();
      },
      (error: unknown) => this.#refused(key, error),
    );
  }

  #command(
    { key, body, replyTo, target, mentions, question }: Pending,
    confirmed: boolean,
  ): Promise<{ offset: number }> {
    const params = {
      room: this.id,
      key,
      body,
      ...(mentions === undefined ? {} : { mentions }),
      ...(confirmed ? { confirmed } : {}),
    };
    if (target !== undefined) return this.#session.command('edit', { ...params, target });
    return this.#session.command('post', {
      ...params,
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(question ? { question } : {}),
    });
  }

  #refused(key: string, error: unknown): void {
    // The session is over; what was not sent stays in the notes and goes out when the page is loaded anew.
    if (error instanceof SessionEnded) return;
    const refusal = error instanceof Rejection ? error.message : 'unknown';
    const findings = error instanceof Rejection ? error.data.findings : undefined;
    const { retry_after_ms, muted_until } = error instanceof Rejection ? error.data : {};
    if (refusal === 'muted' && muted_until !== undefined) this.mute.set(muted_until);
    if (refusal === 'slow_mode') {
      // Nothing of it is lost, and the person sees how long it takes.
      this.pace.waitFor(retry_after_ms ?? 0);
      return this.takeBack(key);
    }
    const asking = refusal === 'confirm_needed' && findings !== undefined;
    this.#setFate(key, asking ? { kind: 'asking', findings } : { kind: 'failed', refusal });
  }

  /** A push of our own may overtake the reply: recognise it, so that the post is not shown twice for a moment. */
  #land(publication: { offset: number; body?: string }): void {
    const first = this.pending.value.find(
      (each) => each.target === undefined && each.fate.kind === 'sending' && each.offset === undefined,
    );
    if (!first || first.body.normalize('NFC') !== publication.body) return;
    this.renderKeys.set(publication.offset, first.key);
    const landed = { ...first, offset: publication.offset };
    this.pending.value = this.pending.value.map((each) => (each === first ? landed : each));
  }

  #writing(): Writing {
    if (this.phase.value !== 'open') return this.phase.value;
    if (this.mute.until.value !== null) return 'muted';
    return this.frozen.value ? 'frozen' : 'open';
  }

  #slowPostUnderWay(): boolean {
    if (this.slowSeconds.value === 0) return false;
    return this.pending.value.some((each) => each.target === undefined && each.fate.kind === 'sending');
  }

  #dropLanded(): void {
    const head = this.timeline.value?.head ?? 0;
    const left = this.pending.value.filter((each) => each.offset === undefined || each.offset > head);
    if (left.length !== this.pending.value.length) this.#setPending(left);
  }

  #sendRestored(): void {
    if (this.#restored) return;
    this.#restored = true;
    for (const pending of this.pending.value) this.#submit(pending, false);
  }

  #find(key: string): Pending | undefined {
    return this.pending.value.find((each) => each.key === key);
  }

  #setFate(key: string, fate: Fate): void {
    this.#setPending(this.pending.value.map((each) => (each.key === key ? { ...each, fate } : each)));
  }

  #setPending(pending: Pending[]): void {
    this.pending.value = pending;
    this.#notes.saveUnsent(
      this.id,
      pending.map(({ fate: _, offset: __, ...unsent }) => unsent),
    );
  }

  #bodyOf(offset: number): string {
    return (this.timeline.value && findPost(this.timeline.value, offset)?.body) ?? '';
  }

  #others(): string[] {
    const posts = this.timeline.value?.posts ?? [];
    const handles = new Set(posts.map(({ author }) => author).reverse());
    return [...handles].filter((handle) => handle !== this.handle.value);
  }

  #countUnread(): number {
    const posts = this.timeline.value?.posts ?? [];
    const news = posts.filter((post) => post.offset > this.readUpTo.value);
    return news.filter((post) => isReadable(post) && !this.isMine(post)).length;
  }
}
