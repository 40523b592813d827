// One member's session with a server, through as many connections as it takes: connect, sign, resume, send again.
//
// To its caller a session looks as if nothing ever broke: commands are answered once, publications of a room come exactly
// once and in order. Where continuity cannot be proven it says so (`started`), and the caller asks for history.
// It keeps nothing on disk and knows no DOM; time, chance and sockets come from outside.

import { askedWaitMs, comesBack, waitMs } from './backoff';
import { mismatch, signedText } from './challenge';
import { Connection } from './connection';
import type { OpenSocket } from './connection';
import { Cursors } from './cursors';
import type { Signer } from './identity';
import { toBase64Url } from './base64url';
import { Outbox } from './outbox';
import type { Entry } from './outbox';
import { SessionEnded, goesAgain, isTemporary, roomComesBack } from './ends';
import type { EndReason } from './ends';
import { Rejection } from './wire';
import type { Challenge, Joined, Method, Muted, Params, PhaseChanged, Publication } from './wire';
import type { Result, RoomEnded, RoomList, Welcome } from './wire';

export type Status =
  | { kind: 'connecting' }
  | { kind: 'ready' }
  /**
   * The connection broke, with this close code where there was one; the next is tried after so many milliseconds. Nothing
   * was heard on it at all where the way to the server is barred.
   */
  | { kind: 'waiting'; ms: number; code?: number; heard: boolean }
  | { kind: 'ended'; reason: EndReason };

export interface SessionEvents {
  status(status: Status): void;
  welcomed(welcome: Welcome): void;
  rooms(list: RoomList): void;
  /** Publications follow from `joined.position` on. Whatever is shown of this room is void: ask for history. */
  started(joined: Joined): void;
  /** The stream goes on where it was; only what is said about the room may be new. */
  resumed(joined: Joined): void;
  published(publication: Publication): void;
  phaseChanged(change: PhaseChanged): void;
  muted(muted: Muted): void;
  /** The server cannot serve this room now; `resumed` or `started` follows by itself. */
  roomSuspended(ended: RoomEnded): void;
  roomEnded(ended: RoomEnded): void;
}

export interface Clock {
  now(): number;
  /** Calls back after so many milliseconds; the result calls it off. */
  after(ms: number, call: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}

export interface SessionOptions {
  /** `ws(s)://…/ws` */
  url: string;
  /** The origin of the join link; nothing is signed for any other. */
  server: string;
  programme: string;
  /** Needed until this key has come in once; harmless later. */
  code?: string;
  signer: Signer;
  events: SessionEvents;
  open: OpenSocket;
  clock: Clock;
}

export const READY_WITHIN_MS = 20_000;
/** A connection that held so long was a success; what breaks sooner counts as one more failure. */
const STEADY_AFTER_MS = 10_000;
const PROBE_WITHIN_MS = 5_000;
const SILENT_BEATS_MAX = 2.5;
const HEARTBEAT_SECONDS_DEFAULT = 25;

type Phase =
  | { name: 'idle' }
  | { name: 'opening' | 'ready'; connection: Connection; cancel: () => void }
  | { name: 'waiting'; cancel: () => void; asked: boolean }
  | { name: 'ended'; reason: EndReason };

export class Session {
  readonly #options: SessionOptions;
  readonly #outbox = new Outbox();
  readonly #cursors = new Cursors();
  #phase: Phase = { name: 'idle' };
  #attempt = 0;
  #heartbeatMs = HEARTBEAT_SECONDS_DEFAULT * 1000;
  #probing: (() => void) | null = null;

  constructor(options: SessionOptions) {
    this.#options = { ...options };
  }

  start(): void {
    if (this.#phase.name === 'idle') this.#connect();
  }

  /** Ends the session from our side. */
  stop(): void {
    if ('connection' in this.#phase) this.#phase.connection.quit();
    this.#finish({ kind: 'stopped' });
  }

  /** Resolves or rejects once, however many connections it takes. A write is repeated with the key that it has. */
  command<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    return new Promise((resolve, reject) => this.#enqueue(method, params, resolve, reject));
  }

  join(room: string): Promise<Joined> {
    return new Promise((resolve, reject) => {
      const done = (joined: Joined): void => {
        this.#cursors.joined(joined);
        this.#options.events.started(joined);
        resolve(joined);
      };
      this.#enqueue('join', { room }, done, reject);
    });
  }

  /** Asks how things stand in a room that is followed: `resumed` tells. Nothing is missed by it and nothing comes twice. */
  refresh(room: string): void {
    if (this.#phase.name === 'ready' && !this.#cursors.isResuming(room))
      this.#resume(this.#phase.connection, room, 0);
  }

  leave(room: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#cursors.forget(room);
        resolve();
      };
      // Sent again after a break, a leave may find that it has been done.
      const failed = (error: Error): void =>
        error instanceof Rejection && error.message === 'not_a_member' ? done() : reject(error);
      this.#enqueue('leave', { room }, done, failed);
    });
  }

  /**
   * Something happened that makes a look worthwhile: the page became visible, the network came back. A browser does not
   * show pings, so a quiet connection and a dead one look the same until one asks.
   */
  wake(): void {
    const phase = this.#phase;
    if (phase.name === 'ready') this.#probe(phase.connection);
    if (phase.name !== 'waiting' || phase.asked) return;
    phase.cancel();
    this.#connect();
  }

  #enqueue<M extends Method>(
    method: M,
    params: Params<M>,
    done: (result: Result<M>) => void,
    failed: (error: Error) => void,
  ): void {
    if (this.#phase.name === 'ended') return failed(new SessionEnded(this.#phase.reason));
    this.#outbox.add({ method, params, done, failed, tries: 0 } as unknown as Entry);
    this.#flush();
  }

  #connect(): void {
    this.#options.events.status({ kind: 'connecting' });
    const { open, url, clock } = this.#options;
    const connection: Connection = new Connection(open, url, () => clock.now(), {
      opened: () => this.#askForChallenge(connection),
      pushed: (method, params) => this.#pushed(method, params),
      closed: (code, reason) => this.#closed(code, reason, connection.heard),
    });
    const cancel = clock.after(READY_WITHIN_MS, () => connection.drop());
    this.#phase = { name: 'opening', connection, cancel };
  }

  #isCurrent(connection: Connection): boolean {
    return 'connection' in this.#phase && this.#phase.connection === connection;
  }

  #askForChallenge(connection: Connection): void {
    connection.send('challenge', { programme: this.#options.programme }, (reply) => {
      if ('rejection' in reply) return this.#refused(reply.rejection);
      const field = mismatch(reply.result, this.#options);
      if (field) return this.#giveUp({ kind: 'foreign_challenge', field });
      this.#authenticate(connection, reply.result).catch(() => connection.drop());
    });
  }

  async #authenticate(connection: Connection, challenge: Challenge): Promise<void> {
    const { signer, code } = this.#options;
    const signature = toBase64Url(await signer.sign(signedText(challenge, signer.publicKey)));
    // Signing takes a moment; by now there may be another connection with another challenge.
    if (!this.#isCurrent(connection)) return;
    const params = { key: signer.publicKey, signature, ...(code === undefined ? {} : { code }) };
    connection.send('authenticate', params, (reply) => {
      if ('result' in reply) this.#welcomed(connection, reply.result);
      else this.#refused(reply.rejection);
    });
  }

  #welcomed(connection: Connection, welcome: Welcome): void {
    if ('cancel' in this.#phase) this.#phase.cancel();
    // The key is registered now; from here on it speaks for itself.
    delete this.#options.code;
    this.#heartbeatMs = welcome.limits.heartbeat_seconds * 1000;
    this.#phase = { name: 'ready', connection, cancel: this.#watch(connection) };
    // First of all: whatever the caller does on being welcomed must find its rooms marked as not followed yet.
    for (const room of this.#cursors.rooms()) this.#resume(connection, room, 0);
    this.#options.events.welcomed(welcome);
    if (!this.#isCurrent(connection)) return;
    this.#options.events.status({ kind: 'ready' });
    this.#flush();
  }

  #resume(connection: Connection, room: string, tries: number): void {
    const position = this.#cursors.startResume(room);
    if (!position) return;
    connection.send('resume', { room, position }, (reply) => {
      // Left, or ended, while this was on its way.
      if (!this.#cursors.position(room)) return;
      if ('result' in reply) {
        const goesOn = this.#cursors.resumed(reply.result);
        this.#options.events[goesOn ? 'resumed' : 'started'](reply.result);
      } else if (isTemporary(reply.rejection)) {
        return this.#resumeLater(connection, room, tries, reply.rejection.data.retry_after_ms);
      } else {
        this.#cursors.forget(room);
        const { code, message } = reply.rejection;
        this.#options.events.roomEnded({ room, code, reason: message });
      }
      this.#flush();
    });
  }

  /** On the same connection: the other rooms need not suffer. */
  #resumeLater(connection: Connection, room: string, tries: number, askedMs?: number): void {
    const { clock } = this.#options;
    clock.after(askedMs ?? waitMs(tries, clock.random()), () => {
      if (this.#isCurrent(connection)) this.#resume(connection, room, tries + 1);
    });
  }

  #pushed(method: string, params: unknown): void {
    if (method === 'publication') this.#published(params as Publication);
    if (method === 'room_ended') this.#roomEnded(params as RoomEnded);
    if (method === 'phase') this.#options.events.phaseChanged(params as PhaseChanged);
    if (method === 'muted') this.#options.events.muted(params as Muted);
  }

  #published(publication: Publication): void {
    const verdict = this.#cursors.receive(publication.room, publication.offset);
    if (verdict === 'deliver') this.#options.events.published(publication);
    if (!('connection' in this.#phase)) return;
    if (verdict === 'resume') this.#resume(this.#phase.connection, publication.room, 0);
    // A gap that resuming does not close: start over from a new connection, with its back-off.
    if (verdict === 'give_up') this.#phase.connection.drop();
  }

  #roomEnded(ended: RoomEnded): void {
    if (!roomComesBack(ended.code)) {
      this.#cursors.forget(ended.room);
      return this.#options.events.roomEnded(ended);
    }
    // From here to the reply nothing that is pushed counts, and nothing goes out to the room.
    if (!('connection' in this.#phase) || !this.#cursors.startResume(ended.room)) return;
    this.#options.events.roomSuspended(ended);
    this.#resumeLater(this.#phase.connection, ended.room, 0);
  }

  #flush(): void {
    if (this.#phase.name !== 'ready') return;
    const { connection } = this.#phase;
    for (const entry of this.#outbox.take((room) => this.#cursors.isResuming(room)))
      this.#sendEntry(connection, entry);
  }

  #sendEntry(connection: Connection, entry: Entry): void {
    connection.send(entry.method, entry.params, (reply) => {
      if ('rejection' in reply && goesAgain(reply.rejection)) return this.#hold(entry, reply.rejection);
      this.#outbox.settle(entry);
      if ('rejection' in reply) entry.failed(reply.rejection);
      else entry.done(reply.result);
      this.#flush();
    });
  }

  #hold(entry: Entry, rejection: Rejection): void {
    const { clock } = this.#options;
    const ms = rejection.data.retry_after_ms ?? waitMs(entry.tries, clock.random());
    this.#outbox.hold(entry);
    clock.after(ms, () => {
      this.#outbox.release(entry);
      this.#flush();
    });
  }

  /** For as long as the connection is ours: looks at the silence once a beat, and notes when it has proved itself. */
  #watch(connection: Connection): () => void {
    const { clock } = this.#options;
    const cancelSteady = clock.after(STEADY_AFTER_MS, () => (this.#attempt = 0));
    let cancel: () => void;
    const look = (): void => {
      const silence = clock.now() - connection.heardAt;
      // Somebody has set the clock back: nobody knows how long it has been silent.
      if (silence < 0 || silence > SILENT_BEATS_MAX * this.#heartbeatMs) this.#probe(connection);
      cancel = clock.after(this.#heartbeatMs, look);
    };
    cancel = clock.after(this.#heartbeatMs, look);
    return () => {
      cancelSteady();
      cancel();
    };
  }

  #probe(connection: Connection): void {
    if (this.#probing) return;
    const cancel = this.#options.clock.after(PROBE_WITHIN_MS, () => connection.drop());
    this.#probing = cancel;
    connection.send('rooms', {}, (reply) => {
      cancel();
      this.#probing = null;
      if ('result' in reply) this.#options.events.rooms(reply.result);
    });
  }

  #refused(rejection: Rejection): void {
    if (!isTemporary(rejection)) return this.#giveUp({ kind: 'refused', rejection });
    if ('connection' in this.#phase) this.#phase.connection.quit();
    this.#comeBack(rejection.data.retry_after_ms ?? null, true);
  }

  #giveUp(reason: EndReason): void {
    if ('connection' in this.#phase) this.#phase.connection.quit();
    this.#finish(reason);
  }

  #closed(code: number, reason: string, heard: boolean): void {
    if (comesBack(code)) this.#comeBack(askedWaitMs(code, reason), heard, code);
    else this.#finish({ kind: 'closed', code });
  }

  #comeBack(askedMs: number | null, heard: boolean, code?: number): void {
    this.#letGo();
    const { clock, events } = this.#options;
    const ms = askedMs ?? waitMs(this.#attempt, clock.random());
    this.#attempt += 1;
    this.#phase = {
      name: 'waiting',
      cancel: clock.after(ms, () => this.#connect()),
      asked: askedMs !== null,
    };
    events.status({ kind: 'waiting', ms, heard, ...(code === undefined ? {} : { code }) });
  }

  #finish(reason: EndReason): void {
    if (this.#phase.name === 'ended') return;
    this.#letGo();
    this.#phase = { name: 'ended', reason };
    this.#outbox.failAll(new SessionEnded(reason));
    this.#options.events.status({ kind: 'ended', reason });
  }

  /** Stops every timer that belongs to the connection, and takes back what was on its way. */
  #letGo(): void {
    if ('cancel' in this.#phase) this.#phase.cancel();
    this.#probing?.();
    this.#probing = null;
    this.#outbox.connectionLost();
  }
}
