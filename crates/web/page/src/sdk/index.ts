// The SDK's front door. It imports nothing from the page: a client developer may lift this folder out; see wire.ts.

import type { SocketLike } from './connection';
import type { Clock } from './session';

export { freshKey } from './base64url';
export { SessionEnded } from './ends';
export type { EndReason } from './ends';
export { hasWebCrypto, identityFromSeed, makeSeed, signerOf } from './identity';
export type { IdentityKeys, Signer } from './identity';
export { fragmentOf, parseFragment, parsePasted } from './link';
export type { JoinLink } from './link';
export { mentionsAt, mentionsIn } from './mentions';
export { Preview } from './preview';
export type { PreviewOptions } from './preview';
export { fileOf, readWords, seedOf, wordsOf } from './recovery';
export type { NotWords, WordsLanguage } from './recovery';
export { ServerClock } from './server-clock';
export { Session } from './session';
export type { SessionEvents, Status } from './session';
export { emptyTimeline, findPost, isOpenQuestion, isReadable, openQuestions, settingsOf } from './timeline';
export { withOwnReaction, withPage, withPublication, withQuestions } from './timeline';
export type { Timeline } from './timeline';
export { Rejection } from './wire';
export type * from './wire';

export const browserClock: Clock = {
  // The wall clock goes on while a device sleeps, and sleep is the silence that we want to notice.
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

export function openBrowserSocket(url: string, subprotocol: string): SocketLike {
  return new WebSocket(url, subprotocol) as unknown as SocketLike;
}

/** Where an origin's members connect. */
export function socketUrl(origin: string): string {
  return `${origin.replace(/^http/, 'ws')}/ws`;
}
