// The members' wire, `kkanbu.v1`, as types: what a client may ask, what it is answered, what it is pushed.
//
// This follows `proto/README.md` word by word and knows nothing of sockets. Fields that a client must ignore when it
// does not know them are simply not named here.

export const SUBPROTOCOL = 'kkanbu.v1';

/** A place in one room's log. */
export interface Position {
  epoch: string;
  offset: number;
}

export interface Challenge {
  algorithm: string;
  server: string;
  programme: string;
  purpose: string;
  nonce: string;
}

export interface RoomSummary {
  room: string;
  name: string;
  /** A band such as `10-29`; the exact number is told to nobody. */
  size: string;
  frozen: boolean;
  /** There where one is a member. */
  handle?: string;
}

export interface Limits {
  frame_bytes_max: number;
  body_graphemes_max: number;
  body_bytes_max: number;
  mentions_max: number;
  history_posts_max: number;
  posts_per_minute: number;
  posts_burst: number;
  heartbeat_seconds: number;
  rooms_max: number;
}

export interface Welcome {
  programme: { id: string; name: string; organisation: string; language: string; retention_days: number };
  role: { id: string; name: string };
  rooms: RoomSummary[];
  limits: Limits;
  reactions: string[];
}

export type NotRecovered = 'epoch' | 'expired' | 'ahead';

export interface Joined {
  room: string;
  handle: string;
  position: Position;
  size: string;
  frozen: boolean;
  recovered: boolean;
  reason?: NotRecovered;
}

export interface Reaction {
  reaction: string;
  count: number;
  mine: boolean;
}

/** A post as it stands now. A retracted one has no body. */
export interface Post {
  offset: number;
  minute: number;
  author: string;
  role?: string;
  body?: string;
  edited: boolean;
  retracted: boolean;
  reply_to?: number;
  mentions: string[];
  reactions: Reaction[];
  mine: boolean;
}

export interface HistoryPage {
  epoch: string;
  posts: Post[];
  more: boolean;
}

export interface Finding {
  kind: 'phone' | 'resident_number' | 'email' | 'staff_number' | (string & {});
  /** In Unicode code points of the NFC body. */
  start: number;
  end: number;
}

interface PublicationBase {
  room: string;
  offset: number;
  minute: number;
}

export interface PostPublication extends PublicationBase {
  kind: 'post';
  author: string;
  role?: string;
  body?: string;
  retracted?: boolean;
  reply_to?: number;
  mentions?: string[];
}

export interface EditPublication extends PublicationBase {
  kind: 'edit';
  target: number;
  body: string;
  mentions?: string[];
}

export interface RetractPublication extends PublicationBase {
  kind: 'retract';
  target: number;
}

export interface ReactionPublication extends PublicationBase {
  kind: 'reaction';
  target: number;
  reaction: string;
  count: number;
}

export interface FreezePublication extends PublicationBase {
  kind: 'freeze' | 'thaw';
}

export type Publication =
  PostPublication | EditPublication | RetractPublication | ReactionPublication | FreezePublication;

export interface RoomEnded {
  room: string;
  code: number;
  reason: string;
}

interface InRoom {
  room: string;
}

/** Every command that writes carries one: made once for what the person did, kept through every retry. */
interface Keyed extends InRoom {
  key: string;
}

export interface PostParams extends Keyed {
  body: string;
  reply_to?: number;
  mentions?: string[];
  confirmed?: boolean;
}

export interface ReactParams extends Keyed {
  target: number;
  reaction: string;
  on: boolean;
}

/** Every command with what it takes and what it gives. */
export interface Commands {
  challenge: { params: { programme: string }; result: Challenge };
  authenticate: { params: { key: string; signature: string; code?: string }; result: Welcome };
  rooms: { params: Record<string, never>; result: { rooms: RoomSummary[] } };
  join: { params: InRoom; result: Joined };
  resume: { params: InRoom & { position: Position }; result: Joined };
  leave: { params: InRoom; result: Record<string, never> };
  redraw: { params: InRoom; result: { handle: string } };
  history: { params: InRoom & { before?: number; limit?: number }; result: HistoryPage };
  post: { params: PostParams; result: { offset: number } };
  edit: {
    params: Keyed & { target: number; body: string; mentions?: string[]; confirmed?: boolean };
    result: { offset: number };
  };
  retract: { params: Keyed & { target: number }; result: { offset: number } };
  react: { params: ReactParams; result: { offset: number } };
}

export type Method = keyof Commands;
export type Params<M extends Method> = Commands[M]['params'];
export type Result<M extends Method> = Commands[M]['result'];

export interface ErrorObject {
  code: number;
  message: string;
  data?: { detail?: string; retry_after_ms?: number; findings?: Finding[] };
}

/** A command was refused: `name` of the contract's table in `message`, its number in `code`. */
export class Rejection extends Error {
  readonly code: number;
  readonly data: NonNullable<ErrorObject['data']>;

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = 'Rejection';
    this.code = error.code;
    this.data = error.data ?? {};
  }
}
