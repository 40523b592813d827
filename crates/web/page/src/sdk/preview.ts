// What a join link is for, asked before anybody commits to anything: no key, no seat.
//
// It has a connection of its own that ends with the answer. A person may read the welcome for minutes, and the server does
// not keep connections for so long that have not authenticated.

import { askedWaitMs, comesBack, waitMs } from './backoff';
import { Connection } from './connection';
import type { OpenSocket } from './connection';
import { isTemporary } from './ends';
import type { EndReason } from './ends';
import type { JoinLink } from './link';
import { READY_WITHIN_MS } from './session';
import type { Clock, Status } from './session';
import type { PreviewResult } from './wire';

export interface PreviewOptions {
  /** `ws(s)://…/ws` */
  url: string;
  link: JoinLink;
  open: OpenSocket;
  clock: Clock;
  events: { status(status: Status): void; shown(preview: PreviewResult): void };
}

/** Asks until there is an answer, through as many connections as it takes. */
export class Preview {
  readonly #options: PreviewOptions;
  #attempt = 0;
  #stop: () => void = () => undefined;
  /** There while it waits and the server has not said for how long. */
  #hurry: (() => void) | null = null;

  constructor(options: PreviewOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stop();
    this.#hurry = null;
    const { open, url, clock, link, events } = this.#options;
    events.status({ kind: 'connecting' });
    const connection: Connection = new Connection(open, url, () => clock.now(), {
      opened: () => this.#ask(connection, link),
      pushed: () => undefined,
      closed: (code, reason) => this.#closed(code, reason, connection.heard),
    });
    const cancel = clock.after(READY_WITHIN_MS, () => connection.drop());
    this.#stop = () => {
      cancel();
      connection.quit();
    };
  }

  stop(): void {
    this.#hurry = null;
    this.#stop();
  }

  /** The page became visible, or the network came back. */
  wake(): void {
    this.#hurry?.();
  }

  #ask(connection: Connection, { programme, code }: JoinLink): void {
    connection.send('preview', { programme, code }, (reply) => {
      this.#stop();
      if ('result' in reply) {
        this.#options.events.status({ kind: 'ready' });
        return this.#options.events.shown(reply.result);
      }
      const { rejection } = reply;
      if (isTemporary(rejection)) this.#comeBack(rejection.data.retry_after_ms ?? null, true);
      else this.#end({ kind: 'refused', rejection });
    });
  }

  #closed(code: number, reason: string, heard: boolean): void {
    this.#stop();
    if (comesBack(code)) this.#comeBack(askedWaitMs(code, reason), heard, code);
    else this.#end({ kind: 'closed', code });
  }

  #comeBack(askedMs: number | null, heard: boolean, code?: number): void {
    const { clock, events } = this.#options;
    const ms = askedMs ?? waitMs(this.#attempt, clock.random());
    this.#attempt += 1;
    this.#stop = clock.after(ms, () => this.start());
    this.#hurry = askedMs === null ? () => this.start() : null;
    events.status({ kind: 'waiting', ms, heard, ...(code === undefined ? {} : { code }) });
  }

  #end(reason: EndReason): void {
    this.#options.events.status({ kind: 'ended', reason });
  }
}
