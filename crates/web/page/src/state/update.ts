// The service worker that keeps the page itself: it starts without the network, and a new version is told and never forced.
//
// It keeps the page's own files and nothing else: no address of a programme, nothing that a member has written.

import { signal } from '@preact/signals';

/** A new version is here and waits for the word. */
export const updateWaiting = signal<ServiceWorker | null>(null);
/** The browser would install the page as an app. */
export const installOffer = signal<InstallEvent | null>(null);

interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

/** No need to ask more often; a page may be open for days. */
const LOOK_EVERY_MS = 60 * 60_000;

export function keepPage(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installOffer.value = event as InstallEvent;
  });
  window.addEventListener('appinstalled', () => (installOffer.value = null));
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  register().catch(() => undefined);
}

async function register(): Promise<void> {
  const registration = await navigator.serviceWorker.register(scriptAddress('/sw.js'), {
    updateViaCache: 'none',
  });
  const waiting = (): void => {
    // The very first one has nobody to replace.
    if (navigator.serviceWorker.controller) updateWaiting.value = registration.waiting;
  };
  waiting();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', waiting);
  });
  let lookedAt = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Math.abs(Date.now() - lookedAt) < LOOK_EVERY_MS) return;
    lookedAt = Date.now();
    registration.update().catch(() => undefined);
  });
}

/** The person has said so: the waiting version takes over, and the page is loaded with it. */
export function takeUpdate(): void {
  const worker = updateWaiting.value;
  if (!worker) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  worker.postMessage('take over');
}

/** A reload that is meant to bring what the server has now, and not what is kept here. */
export async function reloadFresh(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.update();
    const worker = registration?.waiting ?? registration?.installing ?? null;
    if (worker) {
      await installed(worker);
      updateWaiting.value = worker;
      return takeUpdate();
    }
  } catch {
    // Without the network there is nothing newer to be had.
  }
  location.reload();
}

function installed(worker: ServiceWorker): Promise<void> {
  if (worker.state !== 'installing') return Promise.resolve();
  return new Promise((resolve) => worker.addEventListener('statechange', () => resolve(), { once: true }));
}

interface TypedScripts {
  trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy };
}
interface Policy {
  createScriptURL(url: string): string;
}

/** The page's policy wants every script's address to come from a named place in it: this is the only one. */
function scriptAddress(address: string): string {
  const policy = (window as TypedScripts).trustedTypes?.createPolicy('kkanbu-service-worker', {
    createScriptURL: (url) => url,
  });
  return policy ? policy.createScriptURL(address) : address;
}
