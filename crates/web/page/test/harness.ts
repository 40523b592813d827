// A server and a clock of paper: the tests say what the server sees and answers, and when time passes.

import type { SocketLike } from '../src/sdk/connection';
import type { Clock, SessionEvents, Status } from '../src/sdk/session';
import { Session } from '../src/sdk';
import type { Joined, Muted, PhaseChanged, Post, Publication, RoomEnded } from '../src/sdk';

export const SERVER = 'https://rooms.example';
export const PROGRAMME = 'anyang-2022';
const NONCE = 'n'.repeat(43);

interface Command {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

export class PaperSocket implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  /** Everything the client has sent, in order. */
  readonly commands: Command[] = [];
  readonly subprotocol: string;
  closed = false;

  constructor(subprotocol: string) {
    this.subprotocol = subprotocol;
  }

  send(text: string): void {
    this.commands.push(JSON.parse(text) as Command);
  }

  close(): void {
    this.closed = true;
  }

  /** The last command with this method; a test that asks for one that never came is wrong. */
  asked(method: string): Command {
    const found = this.commands.filter((command) => command.method === method).at(-1);
    if (!found) throw new Error(`no ${method} among ${this.methods().join(', ')}`);
    return found;
  }

  methods(): string[] {
    return this.commands.map((command) => command.method);
  }

  answer(method: string, result: unknown): void {
    this.#deliver({ id: this.asked(method).id, result });
  }

  refuse(method: string, code: number, message: string, data?: unknown): void {
    this.#deliver({ id: this.asked(method).id, error: { code, message, data } });
  }

  /** Like `refuse`, for one of several commands with the same method. */
  reject(id: number | undefined, code: number, message: string): void {
    this.#deliver({ id, error: { code, message, data: {} } });
  }

  push(method: string, params: unknown): void {
    this.#deliver({ method, params });
  }

  breaks(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason });
  }

  #deliver(frame: object): void {
    // Padded like the real ones.
    this.onmessage?.({ data: JSON.stringify({ jsonrpc: '2.0', ...frame }).padEnd(512) });
  }
}

export class PaperClock implements Clock {
  #now = 0;
  #timers: { at: number; call: () => void }[] = [];
  chance = 0.5;

  now = (): number => this.#now;
  random = (): number => this.chance;

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = next.at;
      next.call();
    }
    this.#now = until;
  }
}

export class Story {
  readonly clock = new PaperClock();
  readonly sockets: PaperSocket[] = [];
  readonly published: Publication[] = [];
  readonly started: Joined[] = [];
  readonly resumed: Joined[] = [];
  readonly suspended: RoomEnded[] = [];
  readonly ended: RoomEnded[] = [];
  readonly phases: PhaseChanged[] = [];
  readonly mutes: Muted[] = [];
  /** What the caller does on being welcomed. */
  onWelcome: () => void = () => undefined;
  readonly statuses: Status[] = [];
  readonly signed: string[] = [];
  readonly session: Session;

  constructor(code?: string) {
    const events: SessionEvents = {
      status: (status) => void this.statuses.push(status),
      welcomed: () => this.onWelcome(),
      rooms: () => undefined,
      started: (joined) => void this.started.push(joined),
      resumed: (joined) => void this.resumed.push(joined),
      published: (publication) => void this.published.push(publication),
      phaseChanged: (change) => void this.phases.push(change),
      muted: (muted) => void this.mutes.push(muted),
      roomSuspended: (ended) => void this.suspended.push(ended),
      roomEnded: (ended) => void this.ended.push(ended),
    };
    this.session = new Session({
      url: 'wss://rooms.example/ws',
      server: SERVER,
      programme: PROGRAMME,
      ...(code === undefined ? {} : { code }),
      signer: { publicKey: 'k'.repeat(43), sign: (text) => this.#sign(text) },
      events,
      open: (_, subprotocol) => {
        this.sockets.push(new PaperSocket(subprotocol));
        return this.socket;
      },
      clock: this.clock,
    });
    this.session.start();
  }

  get socket(): PaperSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket');
    return socket;
  }

  get status(): Status | undefined {
    return this.statuses.at(-1);
  }

  offsets(): number[] {
    return this.published.map(({ offset }) => offset);
  }

  /** From an open socket to a welcomed session. */
  async comesIn(): Promise<PaperSocket> {
    this.socket.onopen?.(undefined as never);
    this.socket.answer('challenge', challenge());
    await settled();
    this.socket.answer('authenticate', WELCOME);
    return this.socket;
  }

  async joins(room: string, offset: number): Promise<void> {
    const joined = this.session.join(room);
    this.socket.answer('join', joinedAt(room, offset));
    await joined;
  }

  /** A connection that has held long enough to count as a success. */
  proves(): void {
    this.clock.pass(10_000);
  }

  async breaksAndComesBack(): Promise<PaperSocket> {
    this.socket.breaks();
    this.clock.pass(4_000);
    return this.comesIn();
  }

  posts(room: string, offset: number): void {
    this.socket.push('publication', {
      room,
      offset,
      minute: 1,
      kind: 'post',
      author: 'x',
      body: `post ${offset}`,
    });
  }

  async #sign(text: Uint8Array): Promise<Uint8Array> {
    this.signed.push(new TextDecoder().decode(text));
    return new Uint8Array(64);
  }
}

export function challenge(changed: object = {}): object {
  const usual = {
    algorithm: 'Ed25519',
    server: SERVER,
    programme: PROGRAMME,
    purpose: 'session',
    nonce: NONCE,
  };
  return { ...usual, ...changed };
}

export function joinedAt(room: string, offset: number, changed: object = {}): object {
  const position = { epoch: 'e1', offset };
  return {
    room,
    handle: '용감한 고라니',
    position,
    size: '10-29',
    frozen: false,
    slow_seconds: 0,
    phase: 'open',
    recovered: true,
    ...changed,
  };
}

/** The answer to `join`, as a room takes it. */
export function roomJoined(changed: Partial<Joined> = {}): Joined {
  return { ...(joinedAt('plaza', 3) as Joined), ...changed };
}

export function pushed(offset: number, body = `post ${offset}`, minute = 1): Publication {
  return { room: 'plaza', minute, offset, kind: 'post', author: 'x', body };
}

/** A post as a history page has it. */
export function kept(offset: number, changed: Partial<Post> = {}): Post {
  return {
    offset,
    minute: 1,
    author: 'x',
    body: `post ${offset}`,
    edited: false,
    retracted: false,
    hidden: false,
    question: false,
    answered: false,
    mentions: [],
    reactions: [],
    mine: false,
    ...changed,
  };
}

/** Lets everything run that was only waiting for its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

const WELCOME = {
  programme: {
    id: PROGRAMME,
    name: '안양깐부 Talk',
    organisation: '안양시',
    language: 'ko',
    purposes: [],
    roles: [],
    timezone: 'Asia/Seoul',
    retention_days: 30,
  },
  role: { id: 'mentee', name: '멘티', seats: 37, admission: 'first-come', answers: false },
  rooms: [],
  limits: { heartbeat_seconds: 25 },
  reactions: [],
};
