// Where the page is opened, as far as it matters for a key that must still be there tomorrow: inside another app, in a private
// window, in a browser that may throw stored things away. All of it is looked at on the device, and none of it is sent.

/** Apps that open links in a window of their own, which has a storage of its own, often for a short time. */
const APPS: readonly (readonly [name: App, trace: RegExp])[] = [
  ['kakaotalk', /KAKAOTALK/i],
  ['naver', /NAVER\(inapp/i],
  ['line', /\bLine\//],
  ['instagram', /Instagram/],
  ['facebook', /FBAN|FBAV|FB_IAB/],
  ['band', /BAND\//],
  ['daum', /DaumApps/],
  ['other', /; wv\)/],
];

export type App = 'kakaotalk' | 'naver' | 'line' | 'instagram' | 'facebook' | 'band' | 'daum' | 'other';

export function appAround(userAgent: string): App | null {
  return APPS.find(([, trace]) => trace.test(userAgent))?.[0] ?? null;
}

/** An address that leaves the app for the phone's browser with the same page; null where there is none. */
export function addressOutside(app: App, href: string, userAgent: string): string | null {
  if (app === 'kakaotalk') return `kakaotalk://web/openExternal?url=${encodeURIComponent(href)}`;
  if (app === 'line') {
    const url = new URL(href);
    url.searchParams.set('openExternalBrowser', '1');
    return url.href;
  }
  if (!/Android/i.test(userAgent)) return null;
  const { protocol, host, pathname, search, hash } = new URL(href);
  const scheme = protocol.replace(':', '');
  // Everything before the last `#` is the address, with the fragment that the join link has.
  return `intent://${host}${pathname}${search}${hash}#Intent;scheme=${scheme};action=android.intent.action.VIEW;category=android.intent.category.BROWSABLE;end`;
}

/** What browsers of Chromium's kind report beside their storage. */
interface Heap {
  memory?: { jsHeapSizeLimit: number };
}

/**
 * Whether this looks like a private window, whose storage goes when it is closed. A guess: no browser says so. Safari and Firefox
 * close the private file system there; Chromium gives little room, less than twice what a page may have in memory.
 */
export async function looksPrivate(): Promise<boolean> {
  const { storage } = navigator;
  if (!storage?.estimate) return false;
  try {
    const heap = (performance as Heap).memory?.jsHeapSizeLimit;
    if (heap !== undefined) return ((await storage.estimate()).quota ?? Infinity) < 2 * heap;
    await storage.getDirectory();
    return false;
  } catch {
    return true;
  }
}

/** Whether the browser promises to keep what is stored. Most decide by themselves, some ask the person. */
export async function askToPersist(): Promise<boolean> {
  try {
    const { storage } = navigator;
    return (await storage.persisted()) || (await storage.persist());
  } catch {
    return false;
  }
}
