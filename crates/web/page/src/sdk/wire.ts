// The members' wire, `kkanbu.v1`, under the names that the SDK uses.
//
// The types are the contract's own, generated from the server's; nothing of them is left when this is compiled. Whoever lifts
// this folder out takes `proto/kkanbu.ts` along and changes one path.
//
// What the server's types have gained since `proto/kkanbu.ts` was last generated is added here by hand, as serde gives it.
// Each addition may go once the generated file has it; nothing else has to change.

import type * as wire from '../../../../../proto/kkanbu';

export const SUBPROTOCOL: typeof wire.SUBPROTOCOL = 'kkanbu.v1';

export type { Finding, Position, RoomEnded } from '../../../../../proto/kkanbu';

export type Phase = 'upcoming' | 'open' | 'closed';

/** A role as members see it. */
export type RoleInfo = wire.RoleInfo & {
  seats: number;
  admission: 'first-come' | 'screened';
  eligibility?: string;
  /** Whether its members may mark others' questions as answered. */
  answers: boolean;
};

export type ProgrammeInfo = wire.ProgrammeInfo & {
  purposes: string[];
  roles: RoleInfo[];
  /** A name of the IANA time zone database. */
  timezone: string;
};

/** The room that opens next, whoever may enter it. Minutes are counted from 1970. */
export interface NextRoom {
  name: string;
  topic?: string;
  opens: number;
}

export type RoomSummary = wire.RoomInfo & { phase: Phase; topic?: string; opens?: number; closes?: number };
export type RoomList = { rooms: RoomSummary[]; next?: NextRoom };
export type PreviewResult = { programme: ProgrammeInfo; role: RoleInfo };
export type Welcome = Omit<wire.Welcome, 'programme' | 'role' | 'rooms'> &
  RoomList & { programme: ProgrammeInfo; role: RoleInfo };

export interface NoticeInfo {
  text: string;
  minute: number;
}

export type Joined = wire.Joined & {
  /** Seconds between two posts of one member; 0 is no slow mode. */
  slow_seconds: number;
  notice?: NoticeInfo;
  phase: Phase;
  /** The minute from which one may write again. */
  muted_until?: number;
};

/** A post as it stands now. A retracted or hidden one has no body. */
export type Post = wire.PostInfo & { hidden: boolean; question: boolean; answered: boolean };
export type HistoryPage = Omit<wire.HistoryPage, 'posts'> & { posts: Post[] };

type Base = Pick<wire.Publication, 'room' | 'offset' | 'minute'>;
type Known<Kind extends string> = Extract<wire.Publication, { kind: Kind }>;
export type PostPublication = Known<'post'> & { hidden?: boolean; question?: boolean };
export type Publication =
  | PostPublication
  | (Known<'edit'> & { hidden?: boolean })
  | Known<'retract' | 'reaction' | 'freeze' | 'thaw'>
  | (Base & { kind: 'answered'; target: number; on: boolean })
  | (Base & { kind: 'hide'; target: number })
  | (Base & { kind: 'restore'; target: number; body?: string; mentions?: string[] })
  | (Base & { kind: 'slow'; slow_seconds: number })
  | (Base & { kind: 'notice'; text?: string })
  | (Base & { kind: 'settings'; frozen: boolean; slow_seconds: number; text?: string });

/** A room has opened or closed. */
export interface PhaseChanged {
  room: string;
  phase: Phase;
  next?: NextRoom;
}

/** This member may not write in a room until a minute, or may again. */
export interface Muted {
  room: string;
  muted_until?: number;
}

interface Commands extends Omit<
  wire.Commands,
  'preview' | 'authenticate' | 'rooms' | 'join' | 'resume' | 'post' | 'history'
> {
  preview: { params: wire.Preview; result: PreviewResult };
  authenticate: { params: wire.Authenticate; result: Welcome };
  rooms: { params: wire.Nothing; result: RoomList };
  join: { params: wire.InRoom; result: Joined };
  resume: { params: wire.Resume; result: Joined };
  post: { params: wire.Post & { question?: boolean }; result: wire.Placed };
  answer: { params: { room: string; key: string; target: number; on: boolean }; result: wire.Placed };
  history: { params: wire.History & { open_questions?: boolean }; result: HistoryPage };
}

export type Challenge = wire.Challenged;
export type Limits = wire.LimitsInfo;

export type Method = keyof Commands;
export type Params<M extends Method> = Commands[M]['params'];
export type Result<M extends Method> = Commands[M]['result'];

type RejectionData = wire.RejectionData & { muted_until?: number };

/** As it comes in; what a server has nothing to say about may be missing. */
export type ErrorObject = Omit<wire.Rejection, 'data'> & { data?: RejectionData };

/** A command was refused: `name` of the contract's table in `message`, its number in `code`. */
export class Rejection extends Error {
  readonly code: number;
  readonly data: RejectionData;

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = 'Rejection';
    this.code = error.code;
    this.data = error.data ?? {};
  }
}
