// Why nothing comes through: no network, no server, or something in between that lets pages through and WebSocket not.
//
// The server answers a plain request for `/ws` with 426: who gets that has reached it, and only the upgrade is kept back.

export type Barrier =
  /** The device has no network. */
  | 'offline'
  /** The server is reached, and a WebSocket to it is not. */
  | 'websocket'
  /** The server is not reached, or does not answer as one of ours. */
  | 'server';

const UPGRADE_REQUIRED = 426;
const WITHIN_MS = 8_000;

export async function lookForBarrier(): Promise<Barrier> {
  if (!navigator.onLine) return 'offline';
  try {
    const signal = AbortSignal.timeout(WITHIN_MS);
    const { status } = await fetch('/ws', { cache: 'no-store', redirect: 'manual', signal });
    return status === UPGRADE_REQUIRED ? 'websocket' : 'server';
  } catch {
    return navigator.onLine ? 'server' : 'offline';
  }
}
