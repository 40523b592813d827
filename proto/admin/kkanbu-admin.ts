// The admin socket's lines as types. Generated from the server's by `cargo xtask docgen`; `README.md` beside this file
// says what happens when. Ignore fields that are not named here.

/** Why a command was refused: JSON-RPC's error object. */
export type AdminError = {
  /** The code's number. */
  code: number;
  /** The code's stable name. */
  message: string;
  /** What else there is to say. */
  data: AdminErrorData;
};

/** Details of an error. */
export type AdminErrorData = {
  /** For people's eyes, in English; may change. */
  detail: Array<string>;
};

/** Result of `audit.list`. */
export type Audit = {
  /** Entries, oldest first. */
  entries: Array<AuditEntry>;
  /** The newest entry: write it down elsewhere, and nobody can shorten or rewrite the log unseen. */
  head: AuditHead;
};

/** An entry of the audit log. */
export type AuditEntry = {
  /** Its number, from 1. */
  number: number;
  /** When, in hours since 1970-01-01T00:00Z. */
  hour: number;
  /** The programme. */
  programme: string;
  /** What was done: a method's name. */
  act: string;
  /** In which room. */
  room?: string;
  /** To which post. */
  offset?: number;
  /** To whom. */
  handle?: string;
  /** Of slow mode. */
  seconds?: number;
  /** The minute until which the member was muted. */
  muted_until?: number;
  /** Of the notice that was put up. */
  text?: string;
  /** Hash over this entry and the hash of the one before, in lower-case hexadecimal. */
  hash: string;
};

/** Where the audit log ends. */
export type AuditHead = {
  /** The newest entry's number; 0 where there is none. */
  number: number;
  /** Its hash; 64 zeros where there is none. */
  hash: string;
};

/** `audit.list`: entries of the audit log, oldest first. */
export type AuditList = {
  /** Entries with a number above this one; left out or 0: from the first. */
  after?: number;
  /** How many at most. */
  limit: number;
};

/** `programme.create`. */
export type CreateProgramme = {
  /** The programme file's text. */
  definition: string;
};

/** Result of what is done to a room or a post: it is in the audit log and in the room's. */
export type Done = {
  /** The audit entry's number. */
  number: number;
  /** Whether the key was used for the same act before: then nothing was done again. */
  again: boolean;
  /** Its place in the room's log; absent while the log does not have it yet. The server sees to it that it will. */
  offset?: number;
};

/** Result of a command that has nothing to tell but that it was done. */
export type Empty = Record<symbol, never>;

/** `programme.links`, `programme.end`, `room.list`: names a programme. */
export type InProgramme = {
  /** The programme's id. */
  programme: string;
};

/** Result of what is done to a member. The room's log does not say it. */
export type MemberDone = {
  /** The audit entry's number. */
  number: number;
  /** Whether the key was used for the same act before: then nothing was done again. */
  again: boolean;
  /** The minute from which the member may write again, where it is muted. */
  muted_until?: number;
};

/** A post as moderators see it. */
export type ModeratedPost = {
  /** Its place. */
  offset: number;
  /** When it was written, in minutes since 1970-01-01T00:00Z. */
  minute: number;
  /** The author's handle. */
  author: string;
  /** The author's badge. */
  role?: string;
  /** The text, that of a hidden post too; absent when retracted. */
  body?: string;
  /** Whether the text was replaced. */
  edited: boolean;
  /** Whether it was taken back. */
  retracted: boolean;
  /** Whether a moderator has hidden it. */
  hidden: boolean;
  /** Whether it asks something. */
  question: boolean;
  /** Whether the question was marked as answered. */
  answered: boolean;
  /** The post that it answers. */
  reply_to?: number;
};

/** Result of `room.posts`. */
export type ModeratedPosts = {
  /** Posts as they stand now, oldest first. */
  posts: Array<ModeratedPost>;
  /** Whether there are older ones. */
  more: boolean;
};

/** A room as moderators see it. */
export type ModeratedRoom = {
  /** Its id. */
  room: string;
  /** Its name. */
  name: string;
  /** What it is about. */
  topic?: string;
  /** What it is in: `upcoming`, `open` or `closed`. */
  phase: "upcoming" | "open" | "closed";
  /** The minute from which it is open, in minutes since 1970-01-01T00:00Z; absent: from the beginning. */
  opens?: number;
  /** The minute from which it is closed; absent: it stays open. */
  closes?: number;
  /** How big it is, as a band: moderators are not told either who comes and goes. */
  size: "1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+";
  /** Whether posting is stopped. */
  frozen: boolean;
  /** Seconds between two posts of one member; 0 is no slow mode. */
  slow_seconds: number;
  /** The notice that is up. */
  notice?: NoticeInfo;
  /** How many questions nobody has marked as answered. */
  open_questions: number;
};

/** Result of `room.list`. */
export type ModeratedRooms = {
  /** The programme's rooms, in the order of its file. */
  rooms: Array<ModeratedRoom>;
};

/** `member.mute`: forbids the member with this handle to write in the room for a while. */
export type MuteMember = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** The handle in this room, as it stands on a post. */
  handle: string;
  /** For how long, in minutes from now. */
  minutes: number;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** Result of `node.status`. */
export type NodeStatus = {
  /** The server's version. */
  version: string;
  /** Whether it is going down. */
  draining: boolean;
  /** Whole hours since it started; absent where it does not know. */
  uptime_hours?: number;
  /** How many sessions there are, as a band. */
  sessions: "1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+";
  /** `ok`, or what is wrong with the store. */
  store: string;
  /** `ok`, or what is wrong with the rooms' logs. */
  log: string;
};

/** Parameters of a command that needs none. */
export type Nothing = Record<symbol, never>;

/** A notice that a moderator put up. */
export type NoticeInfo = {
  /** What it says. */
  text: string;
  /** When it was put up, in minutes since 1970-01-01T00:00Z. */
  minute: number;
};

/** `room.notice`: puts a notice up in place of the one before, or takes it down. */
export type NoticeRoom = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** What it says; left out: it is taken down. */
  text?: string;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** `member.unmute`, `member.remove`, `member.restore`: names a member by its handle in a room. */
export type OnMember = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** The handle in this room, as it stands on a post. */
  handle: string;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** `post.hide`, `post.restore`: hides a post's text from members, or shows it again. */
export type OnPost = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** The post's place in the room's log. */
  offset: number;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** `room.freeze`, `room.thaw`: stops posting, or allows it again. */
export type OnRoom = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** Which posts `room.posts` gives. */
export type PostsOnly = "all" | "hidden" | "open_questions";

/** Result of `programme.create`. */
export type ProgrammeCreated = {
  /** The programme's id. */
  programme: string;
  /** Its name. */
  name: string;
  /** The server's origin. */
  url: string;
  /** Join links by role. Whoever has one can take a seat: give each to those whom it is for. */
  links: Record<string, string>;
};

/** A programme in a list. */
export type ProgrammeItem = {
  /** Its id. */
  programme: string;
  /** Its name. */
  name: string;
  /** Who runs it. */
  organisation: string;
  /** How many rooms it has. */
  rooms: number;
};

/** Result of `programme.links`. */
export type ProgrammeLinks = {
  /** The programme's id. */
  programme: string;
  /** Join links by role. Whoever has one can take a seat: give each to those whom it is for. */
  links: Record<string, string>;
};

/** Result of `programme.list`. */
export type Programmes = {
  /** The programmes that run, by id. */
  programmes: Array<ProgrammeItem>;
};

/** `room.posts`: a page of posts as they stand now, with the text of hidden ones. */
export type RoomPosts = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** Posts with an offset below this one; left out: the newest. */
  before?: number;
  /** How many at most. */
  limit: number;
  /** Which ones; left out: all. */
  only?: PostsOnly;
};

/** `room.slow`: sets how long each member waits between two posts. */
export type SlowRoom = {
  /** The programme's id. */
  programme: string;
  /** The room's id. */
  room: string;
  /** Seconds; 0 ends slow mode. */
  seconds: number;
  /** Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters. */
  key?: string;
};

/** Every command: what it takes and what it gives. */
export interface AdminCommands {
  /** Makes a programme from its file's text. */
  "programme.create": { params: CreateProgramme; result: ProgrammeCreated };
  /** Lists the programmes. */
  "programme.list": { params: Nothing; result: Programmes };
  /** Gives a programme's join links. */
  "programme.links": { params: InProgramme; result: ProgrammeLinks };
  /** Ends a programme for good and destroys everything in it. */
  "programme.end": { params: InProgramme; result: Empty };
  /** Lists a programme's rooms. */
  "room.list": { params: InProgramme; result: ModeratedRooms };
  /** Gives a page of posts as they stand now, with the text of hidden ones. */
  "room.posts": { params: RoomPosts; result: ModeratedPosts };
  /** Stops posting in a room. */
  "room.freeze": { params: OnRoom; result: Done };
  /** Allows posting in a room again. */
  "room.thaw": { params: OnRoom; result: Done };
  /** Sets how long each member waits between two posts. */
  "room.slow": { params: SlowRoom; result: Done };
  /** Puts a notice up in place of the one before, or takes it down. */
  "room.notice": { params: NoticeRoom; result: Done };
  /** Hides a post's text from the room's members. */
  "post.hide": { params: OnPost; result: Done };
  /** Shows a hidden post again. */
  "post.restore": { params: OnPost; result: Done };
  /** Forbids a member to write in a room for a while. */
  "member.mute": { params: MuteMember; result: MemberDone };
  /** Lets a muted member write again. */
  "member.unmute": { params: OnMember; result: MemberDone };
  /** Puts a member out of a room for good. */
  "member.remove": { params: OnMember; result: MemberDone };
  /** Lets a removed member in again. */
  "member.restore": { params: OnMember; result: MemberDone };
  /** Gives entries of the audit log, oldest first. */
  "audit.list": { params: AuditList; result: Audit };
  /** Says how this server is. */
  "node.status": { params: Nothing; result: NodeStatus };
  /** Stops this server in good order, as SIGTERM does. */
  "node.drain": { params: Nothing; result: Empty };
}

export type AdminMethod = keyof AdminCommands;

/** A command as a line. `id` is a whole number from 0 to 2^53-1 of the caller's choice. */
export type CommandLine<M extends AdminMethod = AdminMethod> = {
  [K in M]: { jsonrpc: "2.0"; id: number; method: K; params: AdminCommands[K]["params"] };
}[M];

/** The reply to a command that was done. */
export interface ResultLine<M extends AdminMethod = AdminMethod> {
  jsonrpc: "2.0";
  id: number;
  result: AdminCommands[M]["result"];
}

/** The reply to a command that was refused; `id` is null where it could not be read. */
export interface ErrorLine {
  jsonrpc: "2.0";
  id: number | null;
  error: AdminError;
}

export type ReplyLine<M extends AdminMethod = AdminMethod> = ResultLine<M> | ErrorLine;

/** Why a command was refused, by `error.message`. `again`: the same command may succeed later. */
export const ADMIN_CODES = {
  /** The line is not JSON in UTF-8, or holds a lone surrogate. `id` is null where it could not be read. */
  malformed_json: { number: -32700, again: false },
  /** A parameter is missing, unknown, of the wrong type or out of range; `data.detail` says which. */
  invalid_params: { number: -32602, again: false },
  /** There is no such method. */
  unknown_method: { number: -32601, again: false },
  /** The line is JSON but no command: not an object, a batch, no `id`, or an unknown field beside `method` and `params`. */
  invalid_request: { number: -32600, again: false },
  /** The server can't write or read now. Send the same command with the same `key` again after a pause. */
  unavailable: { number: 3400, again: true },
  /** As many connections are open as may be. `id` is null, and the server closes this one; come back later. */
  too_many_connections: { number: 3401, again: true },
  /** The programme file is wrong; `data.detail` holds everything that is wrong with it. */
  invalid_programme: { number: 3600, again: false },
  /** The programme could not be made or ended; `data.detail` says why. */
  programme_failed: { number: 3601, again: false },
  /** No such programme runs on this server. */
  unknown_programme: { number: 3602, again: false },
  /** The programme has no such room. */
  unknown_room: { number: 3603, again: false },
  /** There is no post at this offset, or it is no longer kept. */
  unknown_post: { number: 3604, again: false },
  /** Nobody in this room has this handle. */
  unknown_handle: { number: 3605, again: false },
  /** This `key` was used for another act before. Make a new one for each act. */
  key_reused: { number: 3606, again: false },
  /** The text can't be put up; `data.detail` says why: `body_empty`, `body_too_long`, `body_control_character` or `body_bidi_override`. */
  bad_text: { number: 3607, again: false },
  /** The line is longer than 1 MiB. `id` is null, and the server closes the connection. */
  line_too_long: { number: 3608, again: false },
} as const;

export type AdminName = keyof typeof ADMIN_CODES;
