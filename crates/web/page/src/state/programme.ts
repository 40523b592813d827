// One programme in one window: the preview of its join link or the identity for it, the session, and its rooms.

import { batch, computed, signal } from '@preact/signals';
import { Preview, Rejection, Session, browserClock, openBrowserSocket, signerOf, socketUrl } from '../sdk';
import type { JoinLink, PreviewResult, RoomSummary, SessionEvents, Status, Welcome } from '../sdk';
import { Notes } from './notes';
import { RoomState } from './room';
import { createIdentity, idOf, loadIdentity, saveIdentity } from './vault';
import type { Identity } from './vault';

/** A break shorter than this is nobody's business. */
const QUIET_BREAK_MS = 1_500;

export class ProgrammeState {
  readonly link: JoinLink;
  readonly status = signal<Status>({ kind: 'connecting' });
  /** A break that has lasted long enough to be worth telling. */
  readonly interrupted = signal(false);
  /** The close code that began the break, while it lasts. */
  readonly breakCode = signal<number | null>(null);
  /** For who opens the link for the first time: what it is for. */
  readonly preview = signal<PreviewResult | null>(null);
  /** The person has decided to come in, now or at an earlier visit. */
  readonly entering = signal(false);
  readonly welcome = signal<Welcome | null>(null);
  readonly storageFailed = signal(false);
  readonly rooms = signal<RoomState[]>([]);
  readonly unread = computed(() => this.rooms.value.reduce((sum, room) => sum + room.unread.value, 0));

  readonly #notes: Notes;
  #identity: Identity | null = null;
  #session: Session | null = null;
  #preview: Preview | null = null;
  #stopped = false;
  #breakTimer = 0;

  constructor(link: JoinLink) {
    this.link = link;
    this.#notes = new Notes(idOf(link));
  }

  /** Whoever has been here comes straight in; whoever has not is shown what this is first. */
  async start(): Promise<void> {
    try {
      const identity = await loadIdentity(this.link);
      if (this.#stopped) return;
      if (identity) this.#comeIn(identity);
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
    // A place that the browser forgets under pressure is a place lost; most browsers decide this without asking.
    navigator.storage?.persist?.().catch(() => undefined);
    try {
      const identity = await createIdentity(this.link);
      if (!this.#stopped) this.#comeIn(identity);
    } catch {
      this.storageFailed.value = true;
    }
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
        shown: (preview) => (this.preview.value = preview),
      },
    });
    this.#preview.start();
  }

  #comeIn(identity: Identity): void {
    this.#preview?.stop();
    this.#preview = null;
    this.entering.value = true;
    this.#identity = identity;
    this.#session = this.#openSession(identity);
    this.#session.start();
  }

  #openSession(identity: Identity): Session {
    const { programme, code } = this.link;
    return new Session({
      url: socketUrl(location.origin),
      server: location.origin,
      programme,
      // It takes no second seat, and helps a member back into a server that was set up anew.
      code,
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
      rooms: (rooms) => this.#setRooms(rooms),
      started: (joined) => this.room(joined.room)?.started(joined),
      resumed: (joined) => this.room(joined.room)?.resumed(joined),
      published: (publication) => this.room(publication.room)?.published(publication),
      roomSuspended: ({ room, code }) => this.room(room)?.suspended(code),
      roomEnded: ({ room, code }) => this.room(room)?.ended(code),
    };
  }

  #setStatus(status: Status): void {
    this.status.value = status;
    if (status.kind === 'waiting') this.breakCode.value ??= status.code ?? null;
    if (status.kind === 'ready' || status.kind === 'ended') {
      clearTimeout(this.#breakTimer);
      this.#breakTimer = 0;
      this.interrupted.value = false;
      this.breakCode.value = null;
    } else if (this.#breakTimer === 0) {
      this.#breakTimer = window.setTimeout(() => (this.interrupted.value = true), QUIET_BREAK_MS);
    }
  }

  #welcomed(welcome: Welcome): void {
    batch(() => {
      this.welcome.value = welcome;
      this.#setRooms(welcome.rooms);
    });
    const { name, organisation } = welcome.programme;
    this.#remember({ card: { name, organisation, role: welcome.role.name } });
    this.#joinOwnRooms();
  }

  /** The server's list in the server's order; rooms that we hold keep their state. */
  #setRooms(summaries: RoomSummary[]): void {
    const pageSize = this.welcome.value?.limits.history_posts_max ?? 50;
    const session = this.#session;
    if (!session) return;
    this.rooms.value = summaries.map((summary) => {
      const room = this.room(summary.room);
      if (!room) return new RoomState(summary, session, this.#notes, pageSize);
      room.summary.value = summary;
      return room;
    });
  }

  /** Rooms that we are a member of are followed from the start, so that the list can tell what is new. */
  #joinOwnRooms(): void {
    for (const room of this.rooms.value) {
      if (room.handle.value !== null && room.timeline.value === null) void this.join(room.id);
    }
  }

  #remember(news: Partial<Identity>): void {
    if (!this.#identity) return;
    this.#identity = { ...this.#identity, ...news };
    saveIdentity(this.#identity).catch(() => undefined);
  }
}
