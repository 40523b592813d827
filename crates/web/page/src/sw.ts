// The service worker: keeps the page's own files, so that it starts without the network.
//
// What is kept is one version whole, named by its content; nothing is added to it later. A request for anything else, `/ws` and
// the sockets above all, is not touched. A new version is fetched whole beside the old one and waits until the page says so.

/** Filled in by the build: the paths of the page's files, and a name that changes with their content. */
declare const KEPT_FILES: readonly string[];
declare const KEPT_VERSION: string;

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Worker extends EventTarget {
  readonly location: Location;
  skipWaiting(): Promise<void>;
}

const worker = globalThis as unknown as Worker;
const CACHE = `kkanbu-page-${KEPT_VERSION}`;
const PREFIX = 'kkanbu-page-';

worker.addEventListener('install', (event) => {
  (event as Extendable).waitUntil(keep());
});

worker.addEventListener('activate', (event) => {
  (event as Extendable).waitUntil(forgetOlder());
});

worker.addEventListener('message', (event) => {
  if ((event as MessageEvent).data === 'take over') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event as Fetching;
  const { origin, pathname } = new URL(request.url);
  // Who asks past all caches wants to know whether the server is there.
  if (request.method !== 'GET' || origin !== worker.location.origin || request.cache === 'no-store') return;
  if (KEPT_FILES.includes(pathname)) (event as Fetching).respondWith(kept(request, pathname));
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: all files must be of one version.
  await cache.addAll(KEPT_FILES.map((path) => new Request(path, { cache: 'reload' })));
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

async function kept(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
