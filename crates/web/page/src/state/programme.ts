// One programme in one window: the preview of its join link or the identity for it, the session, and its rooms.

import { batch, computed, signal } from '@preact/signals';
import { Preview, Rejection, ServerClock, Session } from '../sdk';
import { browserClock, openBrowserSocket, signerOf, socketUrl } from '../sdk';
import type { JoinLink, NextRoom, PhaseChanged, PreviewResult, ProgrammeInfo } from '../sdk';
import type { RoomList, SessionEvents, Status, Welcome } from '../sdk';
import { showDatesOf } from '../text/time';
import { lookForBarrier } from './barrier';
import type { Barrier } from './barrier';
import { Notes } from './notes';
import { askToPersist } from './surroundings';
import { RoomState } from './room';
import { createIdentity, idOf, loadIdentity, removeIdentity, saveIdentity } from './vault';
import type { Identity } from './vault';

/** A break shorter than this is nobody's business. */
const QUIET_BREAK_MS = 1_500;
/** So many tries in a row on which nothing was heard at all: something may stand in between. */
const UNHEARD_MAX = 3;

export class ProgrammeState {
  readonly link: JoinLink;
  readonly status = signal<Status>({ kind: 'connecting' });
  /** A break that has lasted long enough to be worth telling. */
  readonly interrupted = signal(false);
  /** The close code that began the break, while it lasts. */
  readonly breakCode = signal<number | null>(null);
  /** What keeps the page from the server, where that could be told. */
  readonly barrier = signal<Barrier | null>(null);
  /** For who opens the link for the first time: what it is for. */
  readonly preview = signal<PreviewResult | null>(null);
  /** The person has decided to come in, now or at an earlier visit. */
  readonly entering = signal(false);
  readonly welcome = signal<Welcome | null>(null);
  /** The room of the programme that opens next, whoever may enter it. */
  readonly next = signal<NextRoom | null>(null);
  /** What to call the programme before the server has been reached. */
  readonly card = signal<Identity['card'] | null>(null);
  /** The link says that one has a place, and this browser has no key for it. */
  readonly keyMissing = signal(false);
  readonly storageFailed = signal(false);
  /** Whether the browser has promised to keep what is stored; null until it was asked. */
  readonly persisted = signal<boolean | null>(null);
  /** For its words, as long as this page lives and they were not put aside: nothing can read the seed later. */
  readonly seed = signal<Uint8Array<ArrayBuffer> | null>(null);
  /** The words are in front of everything: the moment to write them down. */
  readonly showingWords = signal(false);
  /** What the programme is, in front of everything, for who came in without having read it here. */
  readonly briefing = signal(false);
  readonly rooms = signal<RoomState[]>([]);
  readonly unread = computed(() => this.rooms.value.reduce((sum, room) => sum + room.unread.value, 0));

  readonly #notes: Notes;
  readonly #clock = new ServerClock(() => Date.now());
  #identity: Identity | null = null;
  #session: Session | null = null;
  #preview: Preview | null = null;
  #stopped = false;
  #breakTimer = 0;
  #unheard = 0;

  constructor(link: JoinLink) {
    this.link = link;
    this.#notes = new Notes(idOf(link));
  }

  /** Whoever has been here comes straight in; whoever has not is shown what this is first. */
  async start(): Promise<void> {
    this.keyMissing.value = false;
    try {
      const identity = await loadIdentity(this.link);
      if (this.#stopped) return;
      if (identity) this.#comeIn(identity);
      else if (this.link.code === '') this.keyMissing.value = true;
      else this.#lookUp();
    } catch {
      this.storageFailed.value = true;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#breakTimer);
    this.#preview?.stop();
    this.#session?.stop();
  }

  wake(): void {
    this.#preview?.wake();
    this.#session?.wake();
  }

  /** The decision: keys are made, and a seat is taken. */
  async enter(): Promise<void> {
    if (this.entering.value) return;
    this.entering.value = true;
    try {
      const { identity, seed } = await createIdentity(this.link);
      this.#notes.saveBriefed();
      if (this.#stopped) return;
      this.#askToPersist();
      this.seed.value = seed;
      this.showingWords.value = seed !== null;
      this.#comeIn(identity);
    } catch {
      this.storageFailed.value = true;
    }
  }

  /** The person has the words, or does without: from here on nothing shows them any more. */
  forgetSeed(): void {
    this.seed.value?.fill(0);
    this.seed.value = null;
    this.showingWords.value = false;
  }

  briefed(): void {
    this.briefing.value = false;
    this.#notes.saveBriefed();
  }

  /** Asks once more, now. */
  tryAgain(): void {
    this.#unheard = 0;
    this.barrier.value = null;
    this.wake();
  }

  room(id: string): RoomState | null {
    return this.rooms.value.find((room) => room.id === id) ?? null;
  }

  /** Enters a room for the first time, or anew after having left, or follows one after a reload. */
  async join(id: string): Promise<void> {
    const room = this.room(id);
    // A join outlives a break of the connection: without this, each welcome would ask once more.
    if (!room || room.joining.value || !this.#session) return;
    room.joining.value = true;
    try {
      await this.#session.join(id);
      room.joinRefusal.value = null;
    } catch (error) {
      if (error instanceof Rejection) room.joinRefusal.value = error.message;
    } finally {
      room.joining.value = false;
    }
  }

  async leave(id: string): Promise<void> {
    await this.#session?.leave(id);
    this.room(id)?.ended();
  }

  #lookUp(): void {
    this.#preview = new Preview({
      url: socketUrl(location.origin),
      link: this.link,
      open: openBrowserSocket,
      clock: browserClock,
      events: {
        status: (status) => this.#setStatus(status),
        shown: (preview) => {
          this.#know(preview.programme);
          this.preview.value = preview;
        },
      },
    });
    this.#preview.start();
  }

  #comeIn(identity: Identity): void {
    this.#preview?.stop();
    this.#preview = null;
    this.entering.value = true;
    if (identity.restored) this.#askToPersist();
    this.#identity = identity;
    this.card.value = identity.card ?? null;
    this.#session = this.#openSession(identity);
    this.#session.start();
  }

  /** A place that the browser forgets under pressure is a place lost. Most decide this alone; where one asks, nothing waits for it. */
  #askToPersist(): void {
    void askToPersist().then((persisted) => (this.persisted.value = persisted));
  }

  #openSession(identity: Identity): Session {
    const { programme, code } = this.link;
    return new Session({
      url: socketUrl(location.origin),
      server: location.origin,
      programme,
      // It takes no second seat, and helps a member back into a server that was set up anew.
      // Words that were mistyped must not take another seat.
      ...(code === '' || identity.restored ? {} : { code }),
      signer: signerOf(identity.keys, programme),
      events: this.#events(),
      open: openBrowserSocket,
      clock: browserClock,
    });
  }

  #events(): SessionEvents {
    return {
      status: (status) => this.#setStatus(status),
      welcomed: (welcome) => this.#welcomed(welcome),
      rooms: (list) => this.#setRooms(list),
      started: (joined) => this.room(joined.room)?.started(joined),
      resumed: (joined) => this.room(joined.room)?.resumed(joined),
      published: (publication) => this.room(publication.room)?.published(publication),
      phaseChanged: (change) => this.#phaseChanged(change),
      muted: (muted) => this.room(muted.room)?.mute.set(muted.muted_until ?? null),
      roomSuspended: ({ room, code }) => this.room(room)?.suspended(code),
      roomEnded: (ended) => this.room(ended.room)?.ended(ended),
    };
  }

  #setStatus(status: Status): void {
    this.status.value = status;
    if (status.kind === 'ended' && status.reason.kind === 'refused') this.#notLetIn(status.reason.rejection);
    if (status.kind === 'waiting') {
      this.breakCode.value ??= status.code ?? null;
      this.#unheard = status.heard ? 0 : this.#unheard + 1;
      if (!navigator.onLine) this.barrier.value = 'offline';
      else if (this.#unheard === UNHEARD_MAX) void this.#lookForBarrier();
    }
    if (status.kind === 'ready' || status.kind === 'ended') {
      clearTimeout(this.#breakTimer);
      this.#breakTimer = 0;
      this.interrupted.value = false;
      this.breakCode.value = null;
      this.barrier.value = null;
      this.#unheard = 0;
    } else if (this.#breakTimer === 0) {
      this.#breakTimer = window.setTimeout(() => (this.interrupted.value = true), QUIET_BREAK_MS);
    }
  }

  /** A seed that has no seat was mistyped, or never had one: next time the page asks anew. */
  #notLetIn(rejection: Rejection): void {
    if (this.welcome.value) return;
    this.forgetSeed();
    if (rejection.message === 'not_admitted' && this.#identity?.restored)
      removeIdentity(this.link).catch(() => undefined);
  }

  async #lookForBarrier(): Promise<void> {
    const barrier = await lookForBarrier();
    if (this.#stopped || this.#unheard < UNHEARD_MAX) return;
    this.barrier.value = barrier;
    // Asked again after as many tries.
    this.#unheard = 0;
  }

  #know({ timezone }: ProgrammeInfo): void {
    showDatesOf(timezone, () => this.#clock.minute());
  }

  #welcomed(welcome: Welcome): void {
    batch(() => {
      this.#know(welcome.programme);
      this.welcome.value = welcome;
      this.#setRooms(welcome);
      if (!this.#notes.briefed()) this.briefing.value = true;
    });
    const { name, organisation } = welcome.programme;
    this.card.value = { name, organisation, role: welcome.role.name };
    this.#remember({ card: this.card.value });
    this.#joinOwnRooms();
  }

  /** The server's list in the server's order; rooms that we hold keep their state. */
  #setRooms({ rooms: summaries, next }: RoomList): void {
    this.next.value = next ?? null;
    const pageSize = this.welcome.value?.limits.history_posts_max ?? 50;
    const session = this.#session;
    if (!session) return;
    this.rooms.value = summaries.map((summary) => {
      const room = this.room(summary.room);
      if (!room) return new RoomState(summary, session, this.#notes, this.#clock, pageSize);
      room.summary.value = summary;
      return room;
    });
  }

  #phaseChanged({ room, phase, next }: PhaseChanged): void {
    this.next.value = next ?? null;
    this.room(room)?.phaseChanged(phase);
  }

  /** Rooms that we are a member of are followed from the start, so that the list can tell what is new. */
  #joinOwnRooms(): void {
    for (const room of this.rooms.value) {
      if (room.handle.value !== null && room.timeline.value === null) void this.join(room.id);
    }
  }

  #remember(news: Partial<Identity>): void {
    if (!this.#identity) return;
    const { restored: _, ...identity } = this.#identity;
    this.#identity = { ...identity, ...news };
    saveIdentity(this.#identity).catch(() => undefined);
  }
}
