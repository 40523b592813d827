// What the page's tests share: the server as people get it, Chromium, people at pages, and eyes for what must not happen.
//
// KKANBU_BIN     the server's binary
// CHROMIUM       the browser, `/usr/bin/chromium` if not given
// SCREENSHOTS    a folder for pictures of what was seen, if wanted

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // An address that is neither https nor localhost, to see what the page says there.
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
];
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
export const WIDE = { viewport: { width: 1280, height: 800 } };
export const KOREAN = { ...PHONE, locale: 'ko-KR', timezoneId: 'Asia/Seoul' };
/** Long enough for the longest wait before a client comes back. */
export const PATIENCE = 45_000;
const READY_WITHIN_MS = 30_000;
const STEP_MS = 15_000;

/** A server with its data in a folder of its own, and a browser. */
export class World {
  profiles = [];

  static async begin(...options) {
    assert.ok(process.env.KKANBU_BIN, 'KKANBU_BIN names the server');
    const world = new World();
    world.options = options;
    world.folder = await mkdtemp(join(tmpdir(), 'kkanbu-page-'));
    world.port = await freePort();
    await world.startServer();
    world.browser = await chromium.launch(launchOptions());
    if (process.env.SCREENSHOTS) await mkdir(process.env.SCREENSHOTS, { recursive: true });
    return world;
  }

  async startServer() {
    const where = ['--folder', this.folder, '--port', String(this.port)];
    this.server = spawn(process.env.KKANBU_BIN, ['demo', ...where, '--json', ...this.options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: this.server.stdout });
    const ready = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      once(this.server, 'exit').then(() => Promise.reject(new Error('the server ended before it was ready'))),
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error('the server did not get ready')), READY_WITHIN_MS).unref();
      }),
    ]);
    this.demo = JSON.parse(ready);
  }

  async killServer() {
    this.server.kill('SIGKILL');
    await once(this.server, 'exit');
  }

  async context(options = KOREAN) {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(STEP_MS);
    await context.addInitScript(roomyStorage);
    return context;
  }

  /** A browser profile on disk: what a person has who comes back tomorrow. Contexts alone are private windows. */
  async profile(folder, options = KOREAN) {
    const context = await chromium.launchPersistentContext(folder, { ...launchOptions(), ...options });
    this.profiles.push(context);
    context.setDefaultTimeout(STEP_MS);
    await context.addInitScript(roomyStorage);
    return context;
  }

  /** A join link as the fake server takes it, where the code is the role. */
  link(role, programme = 'anyang-2022') {
    return `${this.demo.url}/#/join/${programme}/${role}`;
  }

  async end() {
    for (const profile of this.profiles) await profile.close();
    await this.browser?.close();
    this.server?.kill('SIGKILL');
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }
}

function launchOptions() {
  return { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: BROWSER_ARGS };
}

/** Contexts are private windows, and the page would rightly warn of that in every test. */
function roomyStorage() {
  if (!navigator.storage) return;
  navigator.storage.estimate = () => Promise.resolve({ quota: 1e12, usage: 0 });
}

/** One person at one page. */
export class Person {
  static async arrives(context, link, watch) {
    const page = await context.newPage();
    const person = new Person(page);
    watch?.over(page, new URL(link).host);
    await page.goto(link);
    return person;
  }

  constructor(page) {
    this.page = page;
    /** Of all commands that the page has sent. */
    this.methods = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => this.methods.push(JSON.parse(payload).method)),
    );
  }

  /** From the first screen to the list of rooms, without writing the words down. */
  async comesIn({ enter = '들어가기', later = '나중에 하기' } = {}) {
    await this.page.getByRole('button', { name: enter, exact: true }).click();
    await this.page.getByTestId('words').waitFor();
    await this.page.getByRole('button', { name: later, exact: true }).click();
    await this.page.getByTestId('rooms').waitFor();
  }

  async opens(room = 'plaza') {
    await this.page.getByTestId(`room-${room}`).click();
  }

  async entersPlaza(names) {
    await this.comesIn(names);
    await this.opens();
    await this.page.getByTestId('composer').waitFor();
  }

  handle() {
    return this.page.getByTestId('own-handle').innerText();
  }

  async types(body) {
    // Browsers hardly draw a page that is behind another.
    await this.page.bringToFront();
    await this.page.getByTestId('composer').fill(body);
  }

  async says(body) {
    await this.types(body);
    await this.page.getByTestId('send').click();
  }

  async asks(body) {
    await this.page.bringToFront();
    await this.page.getByTestId('question-toggle').click();
    await this.says(body);
  }

  sees(body) {
    return this.post(body).waitFor();
  }

  async answers(body, answer) {
    await this.acts(body, '답글 쓰기');
    await this.says(answer);
  }

  async acts(body, action) {
    await this.page.bringToFront();
    await this.post(body).locator('.act').click();
    await this.page.getByTestId('post-actions').getByRole('button', { name: action, exact: true }).click();
  }

  seesReaction(reaction, count) {
    return this.page.locator('.chip', { hasText: reaction }).filter({ hasText: count }).waitFor();
  }

  /** Why the composer is away. */
  async isBlocked(why) {
    await this.page.locator(`[data-testid=blocked][data-why=${why}]`).waitFor();
  }

  async mayWrite() {
    await this.page.getByTestId('composer').waitFor();
  }

  /** The bodies of all posts that the server has confirmed, from top to bottom. */
  posts() {
    return this.page.getByTestId('post').locator('.body').allInnerTexts();
  }

  post(body) {
    return this.page.getByTestId('post').filter({ has: this.page.locator('.body', { hasText: body }) });
  }

  async offsetOf(body) {
    return Number(await this.post(body).getAttribute('data-offset'));
  }
}

/** Keeps what a page should never do: ask elsewhere, or make the browser complain. */
export class Watch {
  #complaints = [];

  over(page, own) {
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (host !== own && protocol !== 'blob:') this.#complaints.push(`request to ${request.url()}`);
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== own) this.#complaints.push(`socket to ${socket.url()}`);
    });
    page.on('pageerror', (error) => this.#complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // While the server is dead or barred, each try to come back is logged by the browser itself.
      if (/WebSocket connection to '[^']*' failed/.test(message.text())) return;
      if (/^Failed to load resource/.test(message.text()) && message.location().url.endsWith('/ws')) return;
      if (['error', 'warning'].includes(message.type())) this.#complaints.push(`console: ${message.text()}`);
    });
  }

  isClean() {
    assert.deepEqual(this.#complaints, []);
  }
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing serious or critical, by axe's rules for WCAG 2.2 AA and its best practices. */
export async function isAccessible(page, name) {
  await rests(page);
  // Evaluated by the debugger, and so not by the rules of the page's policy.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: { 'target-size': { enabled: true } },
    }),
  );
  const bad = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`)}`,
    );
  assert.deepEqual(bad, [], name);
}

/** In the page: how many identities are in its database. */
export function keysKept() {
  return new Promise((resolve) => {
    const request = indexedDB.open('kkanbu', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('identities');
    request.onsuccess = () => {
      const count = request.result.transaction('identities').objectStore('identities').count();
      count.onsuccess = () => {
        request.result.close();
        resolve(count.result);
      };
    };
  });
}

/** Everything that this origin has stored goes, as when a person clears the site's data. */
export async function wipe(page) {
  await page.evaluate(async () => {
    localStorage.clear();
    sessionStorage.clear();
    await new Promise((resolve) => {
      const request = indexedDB.deleteDatabase('kkanbu');
      request.onsuccess = request.onerror = request.onblocked = resolve;
    });
    for (const name of await caches.keys()) await caches.delete(name);
  });
}

export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  await rests(page);
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}

/** Sheets slide and colours fade; what never rests is not waited for. */
async function rests(page) {
  await page.evaluate(() => {
    const passing = document
      .getAnimations()
      .filter((each) => each.effect?.getComputedTiming().iterations !== Infinity);
    return Promise.all(passing.map((each) => each.finished.catch(() => undefined)));
  });
}

export function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, resolve));
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
