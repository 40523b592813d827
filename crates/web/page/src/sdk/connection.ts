// One WebSocket for as long as it lives: commands out, replies and pushes in, and at the end one close.
//
// Replies are handed over synchronously and not as promises: a push that follows a reply in the next frame must find
// everything done that the reply asked for.

import { Rejection, SUBPROTOCOL } from './wire';
import type { ErrorObject, Method, Params, Result } from './wire';

/** The part of the browser's WebSocket that is used; a test brings its own. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, subprotocol: string) => SocketLike;

export interface ConnectionEvents {
  opened(): void;
  pushed(method: string, params: unknown): void;
  /** Called once, and nothing is called after it. */
  closed(code: number, reason: string): void;
}

type OnReply = (reply: { result: unknown } | { rejection: Rejection }) => void;

interface Frame {
  id?: number | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: ErrorObject;
}

/** What RFC 6455 says of a connection that broke without a closing handshake. */
export const CODE_BROKEN = 1006;

export class Connection {
  readonly #socket: SocketLike;
  readonly #events: ConnectionEvents;
  readonly #awaiting = new Map<number, OnReply>();
  #lastId = 0;
  #closed = false;
  /** When anything last came in, by the caller's clock. */
  heardAt: number;
  /** Whether anything has come in at all. */
  heard = false;

  constructor(open: OpenSocket, url: string, now: () => number, events: ConnectionEvents) {
    this.#events = events;
    this.heardAt = now();
    this.#socket = open(url, SUBPROTOCOL);
    this.#socket.onopen = () => this.#closed || events.opened();
    this.#socket.onmessage = ({ data }) => {
      this.heardAt = now();
      this.heard = true;
      if (!this.#closed && typeof data === 'string') this.#receive(data);
    };
    this.#socket.onclose = ({ code, reason }) => this.#end(code, reason);
  }

  send<M extends Method>(
    method: M,
    params: Params<M>,
    onReply: (reply: { result: Result<M> } | { rejection: Rejection }) => void,
  ): void {
    if (this.#closed) return;
    const id = ++this.#lastId;
    this.#awaiting.set(id, onReply as OnReply);
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  /** Gives the connection up at once; a dead one would let a closing handshake wait for minutes. */
  drop(): void {
    if (this.#closed) return;
    this.#end(CODE_BROKEN, '');
    this.#socket.close();
  }

  /** Closes because we are done; no event follows. */
  quit(): void {
    this.#closed = true;
    this.#socket.close(1000);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#awaiting.clear();
    this.#events.closed(code, reason);
  }

  #receive(text: string): void {
    const frame = parse(text);
    if (!frame) return;
    if (frame.method !== undefined) return this.#events.pushed(frame.method, frame.params);
    if (typeof frame.id !== 'number') return;
    const onReply = this.#awaiting.get(frame.id);
    this.#awaiting.delete(frame.id);
    onReply?.(frame.error ? { rejection: new Rejection(frame.error) } : { result: frame.result });
  }
}

function parse(text: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null ? frame : null;
  } catch {
    return null;
  }
}
