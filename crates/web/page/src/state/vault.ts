// Where identities are kept: one for each join link, in IndexedDB, so that two links opened in one browser are two
// members. Keys are stored as non-extractable CryptoKeys; there is no cookie and nothing a server could read.

import { makeIdentity } from '../sdk';
import type { IdentityKeys, JoinLink } from '../sdk';

export interface Identity extends JoinLink {
  keys: IdentityKeys;
  /** What to show in the list of programmes. */
  card?: { name: string; organisation: string; role: string };
}

const DATABASE = 'kkanbu';
const STORE = 'identities';

/** Undefined for a link that was never entered in this browser. */
export async function loadIdentity(link: JoinLink): Promise<Identity | undefined> {
  return run<Identity | undefined>('readonly', (store) => store.get(idOf(link)));
}

/** Kept before the first use: a seat that is taken with a key that nobody has is lost. */
export async function createIdentity(link: JoinLink): Promise<Identity> {
  const keys = await makeIdentity(link.programme);
  const fresh: Identity = { programme: link.programme, code: link.code, keys };
  try {
    // `add`, not `put`: when two windows enter by the same new link at once, one of them wins for both.
    await run('readwrite', (store) => store.add(fresh, idOf(link)));
    return fresh;
  } catch (error) {
    const winner = await loadIdentity(link);
    if (winner) return winner;
    throw error;
  }
}

export async function saveIdentity(identity: Identity): Promise<void> {
  await run('readwrite', (store) => store.put(identity, idOf(identity)));
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
