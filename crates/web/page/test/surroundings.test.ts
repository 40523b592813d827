// Where the page is opened, told by what apps and browsers say of themselves.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { lookForBarrier } from '../src/state/barrier';
import { addressOutside, appAround, askToPersist, looksPrivate } from '../src/state/surroundings';

const ANDROID = 'Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) ';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ';
const HREF = 'https://rooms.example/#/join/anyang-2022/ab12';

afterEach(() => vi.unstubAllGlobals());

describe('apps', () => {
  test.each([
    ['kakaotalk', `${ANDROID}Chrome/126.0 Mobile Safari/537.36;KAKAOTALK 2410850`],
    ['kakaotalk', `${IPHONE}Mobile/15E148 KAKAOTALK 10.9.5`],
    ['naver', `${ANDROID}Chrome/126.0 Whale/1.0.0 Mobile Safari/537.36 NAVER(inapp; search; 2000; 12.7.1)`],
    ['line', `${IPHONE}Mobile/15E148 Safari Line/14.8.0`],
    ['instagram', `${IPHONE}Mobile/21F90 Instagram 337.0`],
    ['facebook', `${IPHONE}Mobile/15E148 [FBAN/FBIOS;FBAV/470.0]`],
    ['band', `${ANDROID}Chrome/126.0 Mobile Safari/537.36 BAND/19.0`],
    ['daum', `${ANDROID}Chrome/126.0 Mobile Safari/537.36 DaumApps/7.1`],
    ['other', ANDROID.replace('SM-S921N', 'SM-S921N; wv')],
    [null, `${ANDROID}Chrome/126.0 Mobile Safari/537.36`],
    [null, `${ANDROID}SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36`],
    [null, `${IPHONE}Version/17.5 Mobile/15E148 Safari/604.1`],
    [
      null,
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Whale/3.27 Chrome/126.0 Safari/537.36',
    ],
  ])('%s is told by %s', (app, userAgent) => expect(appAround(userAgent)).toBe(app));

  test('have a way out where there is one, and the join link goes along whole', () => {
    expect(addressOutside('kakaotalk', HREF, IPHONE)).toBe(
      'kakaotalk://web/openExternal?url=https%3A%2F%2Frooms.example%2F%23%2Fjoin%2Fanyang-2022%2Fab12',
    );
    expect(addressOutside('line', HREF, IPHONE)).toBe(
      'https://rooms.example/?openExternalBrowser=1#/join/anyang-2022/ab12',
    );
    const intent = addressOutside('naver', HREF, ANDROID) ?? '';
    // Android takes what stands before the last `#`.
    expect(intent.slice(0, intent.lastIndexOf('#'))).toBe('intent://rooms.example/#/join/anyang-2022/ab12');
    expect(intent).toContain('#Intent;scheme=https;');
    expect(addressOutside('instagram', HREF, IPHONE)).toBeNull();
  });
});

describe('private windows', () => {
  const browser = (storage: object | undefined, heap?: number) => {
    vi.stubGlobal('navigator', { storage });
    vi.stubGlobal('performance', heap === undefined ? {} : { memory: { jsHeapSizeLimit: heap } });
  };
  test('of Chromium’s kind give little room', async () => {
    browser({ estimate: async () => ({ quota: 3e8 }) }, 4e9);
    expect(await looksPrivate()).toBe(true);
    browser({ estimate: async () => ({ quota: 1e11 }) }, 4e9);
    expect(await looksPrivate()).toBe(false);
  });
  test('of others have no private files', async () => {
    browser({ estimate: async () => ({}), getDirectory: () => Promise.reject(new Error('no')) });
    expect(await looksPrivate()).toBe(true);
    browser({ estimate: async () => ({}), getDirectory: async () => ({}) });
    expect(await looksPrivate()).toBe(false);
  });
  test('are not guessed where nothing can be told', async () => {
    browser(undefined);
    expect(await looksPrivate()).toBe(false);
    expect(await askToPersist()).toBe(false);
  });
});

describe('a barrier', () => {
  const network = (onLine: boolean, reply: () => Promise<unknown>) => {
    vi.stubGlobal('navigator', { onLine });
    vi.stubGlobal('fetch', vi.fn(reply));
  };
  test.each([
    ['offline', false, async () => ({ status: 426 })],
    ['websocket', true, async () => ({ status: 426 })],
    ['server', true, async () => ({ status: 502 })],
    ['server', true, async () => Promise.reject(new TypeError('no'))],
  ] as const)('is %s', async (barrier, onLine, reply) => {
    network(onLine, reply);
    expect(await lookForBarrier()).toBe(barrier);
  });
});
