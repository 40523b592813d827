// The members' wire, `kkanbu.v1`, as types. Generated from the server's by `cargo xtask docgen`; `README.md` beside
// this file says what happens when. Clients ignore fields, pushes and kinds of publications that are not named here.

export const SUBPROTOCOL = "kkanbu.v1";

/** `answer`: marks a question as answered, or as open again. Its author may, and who has a role that answers. */
export type Answer = {
  /** The room's id. */
  room: string;
  /** Idempotency key: 16 random bytes, base64url without padding, 22 characters. */
  key: string;
  /** Offset of the question. */
  target: number;
  /** `true` marks it as answered, `false` as open again. */
  on: boolean;
};

/** `authenticate`: shows the member key and that one holds it. */
export type Authenticate = {
  /** Ed25519 public key, base64url without padding, 43 characters. */
  key: string;
  /** Signature of the challenge's seven lines, base64url without padding, 86 characters. */
  signature: string;
  /** Join code of an open programme; needed the first time that the key comes in. */
  code?: string;
};

/** `challenge`: asks for something to sign. */
export type Challenge = {
  /** The programme that one wants into. */
  programme: string;
};

/** Result of `challenge`: what to sign, and for whom. */
export type Challenged = {
  /** `Ed25519`. */
  algorithm: "Ed25519";
  /** The server's origin; compare it with the one that you were given. */
  server: string;
  /** The programme. */
  programme: string;
  /** `session`. */
  purpose: "session";
  /** 32 random bytes, base64url without padding. */
  nonce: string;
};

/** `edit`: replaces the text of an own post. */
export type Edit = {
  /** The room's id. */
  room: string;
  /** Idempotency key: 16 random bytes, base64url without padding, 22 characters. */
  key: string;
  /** Offset of the own post. */
  target: number;
  /** The new text. */
  body: string;
  /** Handles called by name in the new text. */
  mentions?: Array<string>;
  /** The person has seen the guard's findings and insists. */
  confirmed?: boolean;
};

/** Result of a command that has nothing to tell but that it was done. */
export type Empty = Record<symbol, never>;

/** A place in a body that looks as if it named somebody. */
export type Finding = {
  /** What it looks like. */
  kind: FindingKind;
  /** First code point of the NFC body. */
  start: number;
  /** First code point after it. */
  end: number;
};

/** What the guard looks for. */
export type FindingKind = "phone" | "resident_number" | "email" | "staff_number";

/** `history`: a page of posts as they stand now. */
export type History = {
  /** The room's id. */
  room: string;
  /** Posts with an offset below this one; left out: the newest. */
  before?: number;
  /** How many at most: 1 to `limits.history_posts_max`. */
  limit: number;
  /** Only questions that nobody has marked as answered. */
  open_questions?: boolean;
};

/** Result of `history`. */
export type HistoryPage = {
  /** Which log. */
  epoch: string;
  /** Posts as they stand now, oldest first. */
  posts: Array<PostInfo>;
  /** Whether there are older ones. */
  more: boolean;
};

/** `join`, `leave`, `redraw`: names a room. */
export type InRoom = {
  /** The room's id. */
  room: string;
};

/** Result of `join` and `resume`. */
export type Joined = {
  /** The room's id. */
  room: string;
  /** One's own handle in this room. */
  handle: string;
  /** Where the log stands. */
  position: Position;
  /** How big the room is, as a band. */
  size: "1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+";
  /** Whether a moderator has stopped posting. */
  frozen: boolean;
  /** Seconds between two posts of one member; 0 is no slow mode. */
  slow_seconds: number;
  /** The notice that is up. */
  notice?: NoticeInfo;
  /** What it is in: `upcoming`, `open` or `closed`. */
  phase: "upcoming" | "open" | "closed";
  /** The minute from which one may write again, where a moderator forbade it. */
  muted_until?: number;
  /** Whether everything after the position sent follows, without hole. */
  recovered: boolean;
  /** Why not: `epoch`, `expired` or `ahead`. */
  reason?: "epoch" | "expired" | "ahead";
};

/** The limits that a client meets. */
export type LimitsInfo = {
  /** Bytes of one message from a client. */
  frame_bytes_max: number;
  /** Graphemes of a body. */
  body_graphemes_max: number;
  /** UTF-8 bytes of a body. */
  body_bytes_max: number;
  /** Mentions in one post. */
  mentions_max: number;
  /** Posts in one page of history. */
  history_posts_max: number;
  /** Writing commands a minute, in the long run. */
  posts_per_minute: number;
  /** Writing commands at once after a pause. */
  posts_burst: number;
  /** Seconds between two pings of the server. */
  heartbeat_seconds: number;
  /** Rooms that one session may join. */
  rooms_max: number;
};

/** `muted`: a moderator forbade this member to write in a room, or allowed it again. Sent to its own sessions only. */
export type Muted = {
  /** The room's id. */
  room: string;
  /** The minute from which it may write again; absent when it may already. */
  muted_until?: number;
};

/** The room that opens next, whoever may enter it. */
export type NextRoom = {
  /** Its name. */
  name: string;
  /** What it is about. */
  topic?: string;
  /** The minute from which it is open. */
  opens: number;
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

/** `phase`: a room has opened or closed. The same for every member of the programme that may enter it. */
export type PhaseChanged = {
  /** The room's id. */
  room: string;
  /** What it is in now: `open` or `closed`. */
  phase: "upcoming" | "open" | "closed";
  /** The room of the programme that opens next. */
  next?: NextRoom;
};

/** Result of every command that writes: it is on disk, and every member of the room will get it. */
export type Placed = {
  /** Its place in the room's log. */
  offset: number;
};

/** A place in a room's log. */
export type Position = {
  /** Which log: 16 lower-case hexadecimal digits. */
  epoch: string;
  /** The place in it; 0 is before the first publication. */
  offset: number;
};

/** `post`: says something. */
export type Post = {
  /** The room's id. */
  room: string;
  /** Idempotency key: 16 random bytes, base64url without padding, 22 characters. */
  key: string;
  /** The text. */
  body: string;
  /** Offset of the post that this one answers. */
  reply_to?: number;
  /** Handles called by name. */
  mentions?: Array<string>;
  /** The person has seen the guard's findings and insists. */
  confirmed?: boolean;
  /** It asks something: open until it is marked as answered. */
  question?: boolean;
};

/** A post as it stands now. */
export type PostInfo = {
  /** Its place. */
  offset: number;
  /** Minutes since 1970-01-01T00:00Z. */
  minute: number;
  /** The author's handle. */
  author: string;
  /** The author's badge. */
  role?: string;
  /** The text; absent when retracted or hidden. */
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
  /** Handles called by name. */
  mentions: Array<string>;
  /** Reactions that somebody set. */
  reactions: Array<ReactionInfo>;
  /** Whether it is one's own. */
  mine: boolean;
};

/** `preview`: what a join code is for, before anybody takes a seat with it. */
export type Preview = {
  /** The programme. */
  programme: string;
  /** Its join code. */
  code: string;
};

/** Result of `preview`: what the code would let one into, and as what. */
export type Previewed = {
  /** The programme. */
  programme: ProgrammeInfo;
  /** The role whose seat the code gives. */
  role: RoleInfo;
};

/** A programme as members see it. */
export type ProgrammeInfo = {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Who runs it. */
  organisation: string;
  /** Language of handles, `ko` or `en`. */
  language: "ko" | "en";
  /** What it is for, in the organisers' words. */
  purposes: Array<string>;
  /** The roles that one meets in one's rooms. */
  roles: Array<RoleInfo>;
  /** Where its dates are meant: a name of the IANA time zone database. */
  timezone: string;
  /** Days for which posts are kept. */
  retention_days: number;
};

/** `publication`: something was written in a room that this session has joined. The same bytes for every member. */
export type Publication = {
  /** The room's id. */
  room: string;
  /** Its place in the room's log: one more than the publication before. */
  offset: number;
  /** Minutes since 1970-01-01T00:00Z. */
  minute: number;
} & ({
  kind: "post";
  /** The author's handle. */
  author: string;
  /** The author's badge. */
  role?: string;
  /** The text; absent when it was replaced, retracted or hidden since. */
  body?: string;
  /** The post that it answers. */
  reply_to?: number;
  /** Handles called by name. */
  mentions?: Array<string>;
  /** Whether it was taken back since. */
  retracted?: boolean;
  /** Whether a moderator has hidden it since. */
  hidden?: boolean;
  /** Whether it asks something. */
  question?: boolean;
} | {
  kind: "edit";
  /** The post. */
  target: number;
  /** Its new text; absent when it was replaced, or the post retracted or hidden since. */
  body?: string;
  /** Handles called by name in the new text. */
  mentions?: Array<string>;
  /** Whether the post was taken back since. */
  retracted?: boolean;
  /** Whether a moderator has hidden the post since. */
  hidden?: boolean;
} | {
  kind: "retract";
  /** The post. */
  target: number;
} | {
  kind: "reaction";
  /** The post. */
  target: number;
  /** The emoji. */
  reaction: string;
  /** How many there are now. */
  count: number;
} | {
  kind: "answered";
  /** The question. */
  target: number;
  /** Answered, or open again. */
  on: boolean;
} | {
  kind: "hide";
  /** The post. */
  target: number;
} | {
  kind: "restore";
  /** The post. */
  target: number;
  /** Its text now; absent when retracted or hidden since. */
  body?: string;
  /** Handles called by name in the text. */
  mentions?: Array<string>;
} | {
  kind: "freeze";
} | {
  kind: "thaw";
} | {
  kind: "slow";
  /** Seconds; 0 ends slow mode. */
  slow_seconds: number;
} | {
  kind: "notice";
  /** Its text; absent when it was taken down, or when another one came since. */
  text?: string;
} | {
  kind: "settings";
  /** Posting is stopped. */
  frozen: boolean;
  /** Seconds between two posts of one member; 0 is no slow mode. */
  slow_seconds: number;
  /** The notice that is up. */
  text?: string;
});

/** `react`: sets a reaction or takes it back. */
export type React = {
  /** The room's id. */
  room: string;
  /** Idempotency key: 16 random bytes, base64url without padding, 22 characters. */
  key: string;
  /** Offset of the post. */
  target: number;
  /** One of the welcome's `reactions`. */
  reaction: string;
  /** `true` sets it, `false` takes it back. */
  on: boolean;
};

/** A reaction to a post: how many, never who. */
export type ReactionInfo = {
  /** The emoji. */
  reaction: string;
  /** How many. */
  count: number;
  /** Whether one's own is among them. */
  mine: boolean;
};

/** Result of `redraw`. */
export type Redrawn = {
  /** The new handle. */
  handle: string;
};

/** A rejection: JSON-RPC's error object. */
export type Rejection = {
  /** The code's number. */
  code: number;
  /** The code's stable name. */
  message: string;
  /** What else there is to say. */
  data: RejectionData;
};

/** Details of a rejection. */
export type RejectionData = {
  /** For a developer's eyes, in English; may change. */
  detail?: string;
  /** With `rate_limited` and `slow_mode`: when the same command may succeed. */
  retry_after_ms?: number;
  /** With `muted`: the minute from which one may write again. */
  muted_until?: number;
  /** With `confirm_needed`: what the guard found. */
  findings?: Array<Finding>;
};

/** `resume`: goes on with a room where one was. */
export type Resume = {
  /** The room's id. */
  room: string;
  /** Position of the last publication processed. */
  position: Position;
};

/** `retract`: takes an own post back. */
export type Retract = {
  /** The room's id. */
  room: string;
  /** Idempotency key: 16 random bytes, base64url without padding, 22 characters. */
  key: string;
  /** Offset of the own post. */
  target: number;
};

/** A role as members see it. */
export type RoleInfo = {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** How many may come in, as announced. */
  seats: number;
  /** How people get in, as announced: `first-come` or `screened`. */
  admission: "first-come" | "screened";
  /** Who may get in, in the organisers' words. */
  eligibility?: string;
  /** Whether its members may mark others' questions as answered. */
  answers: boolean;
};

/** `room_ended`: no more pushes for this room in this session. */
export type RoomEnded = {
  /** The room's id. */
  room: string;
  /** The code's number. */
  code: number;
  /** The code's stable name. */
  reason: string;
};

/** A room as members see it. */
export type RoomInfo = {
  /** Its id. */
  room: string;
  /** Its name. */
  name: string;
  /** How big it is, as a band. */
  size: "1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+";
  /** Whether a moderator has stopped posting. */
  frozen: boolean;
  /** What it is in: `upcoming`, `open` or `closed`. */
  phase: "upcoming" | "open" | "closed";
  /** What it is about. */
  topic?: string;
  /** The minute from which it is open. */
  opens?: number;
  /** The minute from which it is closed. */
  closes?: number;
  /** One's own handle, where one is a member. */
  handle?: string;
};

/** Result of `rooms`. */
export type RoomList = {
  /** The rooms of the role, also those that are not open yet or any more. */
  rooms: Array<RoomInfo>;
  /** The room of the programme that opens next. */
  next?: NextRoom;
};

/** Result of `authenticate`. */
export type Welcome = {
  /** The programme. */
  programme: ProgrammeInfo;
  /** The member's role in it. */
  role: RoleInfo;
  /** The rooms of the role, also those that are not open yet or any more. */
  rooms: Array<RoomInfo>;
  /** The room of the programme that opens next. */
  next?: NextRoom;
  /** What a client must keep to. */
  limits: LimitsInfo;
  /** The reactions there are, in the order to show them. */
  reactions: Array<string>;
};

/** Every command: what it takes and what it gives. */
export interface Commands {
  /** Asks what a join code is for, before anybody takes a seat with it. */
  preview: { params: Preview; result: Previewed };
  /** Asks for something to sign. */
  challenge: { params: Challenge; result: Challenged };
  /** Shows the member key, and that one holds it. */
  authenticate: { params: Authenticate; result: Welcome };
  /** Lists the rooms open to the member's role. */
  rooms: { params: Nothing; result: RoomList };
  /** Becomes a member of a room, or enters it again. */
  join: { params: InRoom; result: Joined };
  /** Goes on with a room where one was. */
  resume: { params: Resume; result: Joined };
  /** Ends the membership and destroys the handle. */
  leave: { params: InRoom; result: Empty };
  /** Draws another handle, before the first post. */
  redraw: { params: InRoom; result: Redrawn };
  /** Says something. */
  post: { params: Post; result: Placed };
  /** Replaces the text of an own post. */
  edit: { params: Edit; result: Placed };
  /** Takes an own post back. */
  retract: { params: Retract; result: Placed };
  /** Sets a reaction or takes it back. */
  react: { params: React; result: Placed };
  /** Marks a question as answered, or as open again. */
  answer: { params: Answer; result: Placed };
  /** Asks for a page of posts as they stand now. */
  history: { params: History; result: HistoryPage };
}

/** Every push: what it carries. */
export interface Pushes {
  /** Something was written in a room that this session has joined. */
  publication: Publication;
  /** No more pushes for this room in this session. */
  room_ended: RoomEnded;
  /** A room of the member's role has opened or closed. */
  phase: PhaseChanged;
  /** A moderator forbade this member to write in a room, or allowed it again. Its own sessions alone are told. */
  muted: Muted;
}

export type Method = keyof Commands;

/** A command as a frame. `id` is a whole number from 0 to 2^53-1 of the client's choice. */
export type CommandFrame<M extends Method = Method> = {
  [K in M]: { jsonrpc: "2.0"; id: number; method: K; params: Commands[K]["params"] };
}[M];

/** The reply to a command that was done. */
export interface ResultFrame<M extends Method = Method> {
  jsonrpc: "2.0";
  id: number;
  result: Commands[M]["result"];
}

/** The reply to a command that was rejected; `id` is null where it could not be read. */
export interface ErrorFrame {
  jsonrpc: "2.0";
  id: number | null;
  error: Rejection;
}

export type ReplyFrame<M extends Method = Method> = ResultFrame<M> | ErrorFrame;

/** A push as a frame. */
export type PushFrame = {
  [K in keyof Pushes]: { jsonrpc: "2.0"; method: K; params: Pushes[K] };
}[keyof Pushes];

/** Why a command was rejected, by `error.message`. `again`: the same command may succeed later. */
export const REJECT_CODES = {
  /** The frame is not JSON, or holds a lone surrogate. `id` is null where it could not be read. */
  malformed_json: { number: -32700, again: false },
  /** A parameter is missing, unknown, of the wrong type or out of range; `data.detail` says which. */
  invalid_params: { number: -32602, again: false },
  /** There is no such method. */
  unknown_method: { number: -32601, again: false },
  /** The frame is JSON but no command: not an object, a batch, no `id`, or an unknown field beside `method` and `params`. */
  invalid_request: { number: -32600, again: false },
  /** The server can't write or read now. Nothing is lost: send the same command with the same key again after a pause. */
  unavailable: { number: 3000, again: true },
  /** Too many commands of this member. Send it again after `data.retry_after_ms`. */
  rate_limited: { number: 3001, again: true },
  /** There is no unused challenge on this connection: it was used, replaced or never asked for. Ask for a new one and sign that. */
  no_challenge: { number: 3002, again: true },
  /** A moderator slowed the room down: each member waits between two posts. Send it again after `data.retry_after_ms`. */
  slow_mode: { number: 3003, again: true },
  /** This command needs `authenticate` first. */
  not_authenticated: { number: 3500, again: false },
  /** This session has authenticated; open another one for another member. */
  already_authenticated: { number: 3501, again: false },
  /** No such programme runs on this server. */
  unknown_programme: { number: 3502, again: false },
  /** The signature does not fit the key and this connection's challenge. */
  bad_signature: { number: 3504, again: false },
  /** The key has no seat in the programme. In an open programme, send a join code. */
  not_admitted: { number: 3505, again: false },
  /** The join code is not one of this programme's. */
  wrong_code: { number: 3506, again: false },
  /** Every seat of the role is taken. */
  room_full: { number: 3507, again: false },
  /** The programme has no such room for this role. */
  unknown_room: { number: 3508, again: false },
  /** One is not a member of this room, or this session has not joined or resumed it. Join it first. */
  not_a_member: { number: 3509, again: false },
  /** This session has joined as many rooms as it may. */
  too_many_rooms: { number: 3510, again: false },
  /** The handle stays after the first post. */
  handle_fixed: { number: 3511, again: false },
  /** No free handle was found in this room. */
  no_handle_left: { number: 3512, again: false },
  /** A moderator has stopped posting in this room; a `thaw` will be pushed. */
  room_frozen: { number: 3513, again: false },
  /** The body looks as if it named somebody; `data.findings` says where. Ask the person, then send it with `confirmed`. */
  confirm_needed: { number: 3514, again: false },
  /** There is nothing to read in the body. */
  body_empty: { number: 3515, again: false },
  /** The body has more graphemes or bytes than the welcome's limits allow. */
  body_too_long: { number: 3516, again: false },
  /** The body holds a control character other than newline and tab. */
  body_control_character: { number: 3517, again: false },
  /** The body holds a bidirectional override, with which text can be made to read as another. */
  body_bidi_override: { number: 3518, again: false },
  /** There is no post at this offset, or it is no longer kept. */
  unknown_post: { number: 3519, again: false },
  /** The post was taken back. */
  post_retracted: { number: 3520, again: false },
  /** Only the author may edit or retract a post. */
  not_your_post: { number: 3521, again: false },
  /** A mentioned handle has not posted in this room. */
  unknown_handle: { number: 3522, again: false },
  /** More mentions than the welcome's limits allow. */
  too_many_mentions: { number: 3523, again: false },
  /** The reaction is not one of the welcome's. */
  unknown_reaction: { number: 3524, again: false },
  /** This `key` was used for something else before. Make a new one for each thing a person does. */
  key_reused: { number: 3525, again: false },
  /** The room has not opened yet; the room list says when it will, and a `phase` will be pushed. */
  room_not_open: { number: 3526, again: false },
  /** The room has closed. Its members may still read and take their own posts back. */
  room_closed: { number: 3527, again: false },
  /** A moderator forbade this member to write in this room, until `data.muted_until`. Taking own posts back is still possible. */
  muted: { number: 3528, again: false },
  /** A moderator put this member out of this room. */
  removed: { number: 3529, again: false },
  /** Only a post that was sent as a question can be marked as answered. */
  not_a_question: { number: 3530, again: false },
  /** Only a question's author, or a member whose role answers, may mark it. */
  may_not_answer: { number: 3531, again: false },
  /** A moderator has hidden the post. */
  post_hidden: { number: 3532, again: false },
} as const;

export type RejectName = keyof typeof REJECT_CODES;

/** Why a room ended, by `reason`. `again`: join or resume it again. */
export const ROOM_END_CODES = {
  /** The room's log was replaced, for instance by a restored backup. Resume: the answer will be `recovered: false`. */
  log_replaced: { number: 2000, again: true },
  /** The room's log can't be read now. Resume after a pause. */
  log_unavailable: { number: 2001, again: true },
  /** This member left the room in another session. */
  left: { number: 2500, again: false },
  /** The room's programme has ended. */
  room_destroyed: { number: 2501, again: false },
  /** A moderator put this member out of the room. */
  removed: { number: 2502, again: false },
} as const;

export type RoomEndName = keyof typeof ROOM_END_CODES;

/** Why the session was closed. `again`: come back. */
export const CLOSE_CODES = {
  /** The client closed the session. */
  normal: { number: 1000, again: false },
  /** The other side goes away. */
  going_away: { number: 1001, again: true },
  /** The client broke RFC 6455: an unmasked frame, reserved bits, a wrong continuation. */
  protocol_error: { number: 1002, again: false },
  /** The client sent a binary message; this protocol is text. */
  unsupported_data: { number: 1003, again: false },
  /** The close frame held no code. Never sent; libraries report it. */
  no_status: { number: 1005, again: true },
  /** The connection ended without a close frame. Never sent; libraries report it. */
  abnormal: { number: 1006, again: true },
  /** The client sent a text message that is not UTF-8. */
  invalid_utf8: { number: 1007, again: false },
  /** A proxy does not want this client. */
  policy_violation: { number: 1008, again: false },
  /** The client sent a message over `limits.frame_bytes_max`. */
  too_big: { number: 1009, again: false },
  /** The client misses an extension. This protocol has none. */
  missing_extension: { number: 1010, again: false },
  /** Something between client and server failed. */
  server_error: { number: 1011, again: true },
  /** Something between client and server restarts. */
  service_restart: { number: 1012, again: true },
  /** Something between client and server has too much to do. */
  try_again_later: { number: 1013, again: true },
  /** A proxy got no good answer from the server. */
  bad_gateway: { number: 1014, again: true },
  /** The TLS handshake failed. Never sent; libraries report it. */
  tls_failed: { number: 1015, again: true },
  /** The node is going down. Come back after the milliseconds that the close reason names. */
  draining: { number: 4000, again: true },
  /** Nothing was heard for more than two heartbeats. */
  silent: { number: 4001, again: true },
  /** The client did not take what was sent to it. Come back and resume: nothing is lost. A client that reads nothing does not read this either: it sees the connection end without a code. */
  slow_consumer: { number: 4002, again: true },
  /** No accepted `authenticate` within the time for it, as when a phone slept in between. */
  unauthenticated: { number: 4003, again: true },
  /** Too many wrong join codes or signatures on one connection. */
  too_many_attempts: { number: 4500, again: false },
  /** The same member opened more sessions than it may; the oldest was closed. */
  replaced: { number: 4501, again: false },
  /** The programme has ended, and everything in it was destroyed. */
  programme_ended: { number: 4502, again: false },
} as const;

export type CloseName = keyof typeof CLOSE_CODES;
