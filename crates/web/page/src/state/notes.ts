// Small things remembered between reloads: drafts and posts on their way (of this tab), what has been read (of this
// browser). Storage may be full or forbidden; then they are remembered as long as the page lives, and nothing breaks.

import type { Position } from '../sdk';

/** Even to name a forbidden storage throws, so it is named late. */
type Where = 'sessionStorage' | 'localStorage';

/** A post that the server has not confirmed. */
export interface Unsent {
  key: string;
  body: string;
  replyTo?: number;
  /** It changes this post of one's own, and is no new one. */
  target?: number;
  mentions?: string[];
  /** It asks something. */
  question?: boolean;
}

export interface Draft {
  body: string;
  replyTo?: number;
  /** The post of one's own that is being changed. */
  editing?: number;
  /** It is to be sent as a question. */
  question?: boolean;
  /** What had been begun when the changing began; it comes back afterwards. */
  kept?: Draft;
}

export class Notes {
  readonly #prefix: string;

  /** `id` names the join link, so that two members in one browser do not read each other's notes. */
  constructor(id: string) {
    this.#prefix = `kkanbu.${id}.`;
  }

  draft(room: string): Draft {
    return this.#read<Draft>('sessionStorage', `draft.${room}`) ?? { body: '' };
  }

  saveDraft(room: string, draft: Draft): void {
    const { body, replyTo, editing, question = false } = draft;
    const empty = body === '' && replyTo === undefined && editing === undefined && !question;
    this.#write('sessionStorage', `draft.${room}`, empty ? null : draft);
  }

  unsent(room: string): Unsent[] {
    return this.#read<Unsent[]>('sessionStorage', `unsent.${room}`) ?? [];
  }

  saveUnsent(room: string, unsent: Unsent[]): void {
    this.#write('sessionStorage', `unsent.${room}`, unsent.length === 0 ? null : unsent);
  }

  read(room: string): Position | null {
    return this.#read<Position>('localStorage', `read.${room}`);
  }

  saveRead(room: string, position: Position): void {
    this.#write('localStorage', `read.${room}`, position);
  }

  /** Whether the person has been told here what this is, before their first post. */
  briefed(): boolean {
    return this.#read<boolean>('localStorage', 'briefed') ?? false;
  }

  saveBriefed(): void {
    this.#write('localStorage', 'briefed', true);
  }

  forget(room: string): void {
    this.saveDraft(room, { body: '' });
    this.saveUnsent(room, []);
    this.#write('localStorage', `read.${room}`, null);
  }

  #read<T>(where: Where, name: string): T | null {
    try {
      return JSON.parse(globalThis[where].getItem(this.#prefix + name) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }

  #write(where: Where, name: string, value: unknown): void {
    try {
      if (value === null) globalThis[where].removeItem(this.#prefix + name);
      else globalThis[where].setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // See above: remembered in the page alone.
    }
  }
}
