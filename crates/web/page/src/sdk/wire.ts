// The members' wire, `kkanbu.v1`, under the names that the SDK uses.
//
// The types are the contract's own, generated from the server's; nothing of them is left when this is compiled. Whoever lifts
// this folder out takes `proto/kkanbu.ts` along and changes one path.

import type * as wire from '../../../../../proto/kkanbu';

export const SUBPROTOCOL: typeof wire.SUBPROTOCOL = 'kkanbu.v1';

export type { Finding, HistoryPage, Joined, Position, ProgrammeInfo } from '../../../../../proto/kkanbu';
export type { Publication, RoomEnded, Welcome } from '../../../../../proto/kkanbu';

export type Challenge = wire.Challenged;
export type Limits = wire.LimitsInfo;
export type PreviewResult = wire.Previewed;
export type RoomSummary = wire.RoomInfo;
/** A post as it stands now. A retracted one has no body. */
export type Post = wire.PostInfo;
export type PostPublication = Extract<wire.Publication, { kind: 'post' }>;

export type Method = wire.Method;
export type Params<M extends Method> = wire.Commands[M]['params'];
export type Result<M extends Method> = wire.Commands[M]['result'];

/** As it comes in; what a server has nothing to say about may be missing. */
export type ErrorObject = Omit<wire.Rejection, 'data'> & { data?: wire.RejectionData };

/** A command was refused: `name` of the contract's table in `message`, its number in `code`. */
export class Rejection extends Error {
  readonly code: number;
  readonly data: wire.RejectionData;

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = 'Rejection';
    this.code = error.code;
    this.data = error.data ?? {};
  }
}
