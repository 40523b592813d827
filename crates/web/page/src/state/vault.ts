// Where identities are kept: one for each join link, in IndexedDB, so that two links opened in one browser are two
// members. Keys are stored as non-extractable CryptoKeys; there is no cookie and nothing a server could read.

import { identityFromSeed, makeSeed } from '../sdk';
import type { IdentityKeys, JoinLink } from '../sdk';

export interface Identity extends JoinLink {
  keys: IdentityKeys;
  /** What to show in the list of programmes. */
  card?: { name: string; organisation: string; role: string };
  /** Brought back by its words, and not yet let in with them. */
  restored?: true;
}

const DATABASE = 'kkanbu';
const STORE = 'identities';

/** Undefined for a link that was never entered in this browser. */
export async function loadIdentity(link: JoinLink): Promise<Identity | undefined> {
  return run<Identity | undefined>('readonly', (store) => store.get(idOf(link)));
}

/**
 * Kept before the first use: a seat that is taken with a key that nobody has is lost. The seed is given along once, so that it can
 * be shown as words; it is kept nowhere, and whoever gets it here wipes it.
 */
export async function createIdentity(
  link: JoinLink,
): Promise<{ identity: Identity; seed: Uint8Array<ArrayBuffer> | null }> {
  const seed = makeSeed();
  const identity = await identityOf(link, seed);
  try {
    // `add`, not `put`: when two windows enter by the same new link at once, one of them wins for both.
    await run('readwrite', (store) => store.add(identity, idOf(link)));
    return { identity, seed };
  } catch (error) {
    seed.fill(0);
    const winner = await loadIdentity(link);
    if (winner) return { identity: winner, seed: null };
    throw error;
  }
}

/** A place that words or a file bring back. It takes the place of what this browser may have under the same link. */
export async function restoreIdentity(link: JoinLink, seed: Uint8Array<ArrayBuffer>): Promise<void> {
  await saveIdentity({ ...(await identityOf(link, seed)), restored: true });
  seed.fill(0);
}

async function identityOf(link: JoinLink, seed: Uint8Array<ArrayBuffer>): Promise<Identity> {
  const { programme, code } = link;
  return { programme, code, keys: await identityFromSeed(seed, programme) };
}

export async function saveIdentity(identity: Identity): Promise<void> {
  await run('readwrite', (store) => store.put(identity, idOf(identity)));
}

export async function removeIdentity(link: JoinLink): Promise<void> {
  await run('readwrite', (store) => store.delete(idOf(link)));
}

export async function listIdentities(): Promise<Identity[]> {
  return run<Identity[]>('readonly', (store) => store.getAll());
}

export function idOf({ programme, code }: JoinLink): string {
  return `${programme}/${code}`;
}

async function run<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      // Only a completed transaction is on disk.
      transaction.oncomplete = () => resolve(request.result as T);
      transaction.onabort = () => reject(transaction.error ?? request.error ?? new Error('aborted'));
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no database'));
  });
}
