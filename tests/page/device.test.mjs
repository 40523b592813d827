// The page on a device that is not kind to it: network cut, no WebSocket, no network at the start, another app's
// window, a private window, a new version waiting.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeServer } from './fake.mjs';
import { KOREAN, PATIENCE, Person, Watch, World, isAccessible, keysKept, picture } from './lib.mjs';

const KAKAOTALK_ANDROID =
  'Mozilla/5.0 (Linux; Android 14; SM-S921N Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36;KAKAOTALK 2410850';
const INSTAGRAM_IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 Instagram 337.0';
const NAVER_ANDROID =
  'Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Whale/1.0.0 Mobile Safari/537.36 NAVER(inapp; search; 2000; 12.7.1)';

let world;

before(async () => (world = await World.begin()));
after(() => world?.end());

test('the network is cut: what was typed is kept, what was sent is marked, and nothing is lost', async () => {
  const context = await world.context();
  const watch = new Watch();
  const person = await Person.arrives(context, world.demo.links.mentee, watch);
  const { page } = person;
  await person.entersPlaza();
  await person.says('끊기기 전의 글');
  await person.sees('끊기기 전의 글');
  const top = await person.post('끊기기 전의 글').boundingBox();
  await context.setOffline(true);
  await page.getByTestId('status').getByText('인터넷에 연결되어 있지 않습니다').waitFor();
  assert.deepEqual(await person.post('끊기기 전의 글').boundingBox(), top, 'nothing jumps');
  await picture(page, 'offline');
  await person.says('끊긴 동안 보낸 글');
  await person.types('아직 보내지 않은 글');
  await page.locator('[data-testid=pending] .sending.late').waitFor();
  await context.setOffline(false);
  await page.getByTestId('pending').waitFor({ state: 'detached', timeout: PATIENCE });
  await person.sees('끊긴 동안 보낸 글');
  assert.equal(await page.getByTestId('composer').inputValue(), '아직 보내지 않은 글');
  assert.equal((await person.posts()).filter((body) => body === '끊긴 동안 보낸 글').length, 1);
  watch.isClean();
  await context.close();
});

test('a network without WebSocket is told apart from a server that is away, before and after coming in', async () => {
  const fake = new FakeServer({ rooms: [{ room: 'plaza', name: '깐부 광장' }] });
  fake.barred = true;
  const context = await world.context();
  await fake.attach(context);
  const person = await Person.arrives(context, world.link('mentee'));
  const { page } = person;
  await page
    .getByRole('heading', { name: '이 통신망이 실시간 연결을 막고 있습니다' })
    .waitFor({ timeout: PATIENCE });
  const asked = await page.getByTestId('request').innerText();
  assert.ok(asked.includes(`ws://localhost:${world.port}/ws`) && asked.includes('Upgrade'));
  await isAccessible(page, 'websocket barred');
  await picture(page, 'websocket-barred');
  fake.barred = false;
  // It may be quicker by itself.
  await page
    .getByRole('button', { name: '다시 시도' })
    .click({ timeout: 2_000 })
    .catch(() => undefined);
  await person.entersPlaza();
  await person.types('쓰던 글');
  fake.barred = true;
  fake.drop();
  await page.getByTestId('status').getByText('실시간 연결을 막고').waitFor({ timeout: PATIENCE });
  await page.getByTestId('status').getByRole('button', { name: '자세히' }).click();
  await page.getByTestId('barrier-dialog').getByText('전산 담당자에게').waitFor();
  await isAccessible(page, 'websocket barred later');
  await page.keyboard.press('Escape');
  fake.barred = false;
  await page
    .locator('[data-testid=status][data-kind=back]')
    .waitFor({ state: 'attached', timeout: PATIENCE });
  assert.equal(await page.getByTestId('composer').inputValue(), '쓰던 글');
  await context.close();
});

test('inside another app the page says so before a key is made, shows the way out, and lets one go on', async (t) => {
  const arrive = async (userAgent) => {
    const context = await world.context({ ...KOREAN, userAgent });
    return Person.arrives(context, world.demo.links.mentee);
  };

  await t.test('KakaoTalk has an address of its own for that', async () => {
    const person = await arrive(KAKAOTALK_ANDROID);
    const { page } = person;
    const warning = page.getByTestId('place-warning');
    await warning.getByText('카카오톡 안의 임시 화면').waitFor();
    assert.equal(await page.getByRole('button', { name: '들어가기', exact: true }).count(), 0);
    assert.equal(
      await warning.getByTestId('outside').getAttribute('href'),
      `kakaotalk://web/openExternal?url=${encodeURIComponent(page.url())}`,
    );
    await isAccessible(page, 'inside another app');
    await warning.scrollIntoViewIfNeeded();
    await picture(page, 'in-app');
    assert.equal(await page.evaluate(keysKept), 0);
    assert.deepEqual(person.methods, ['preview']);
    await page.getByRole('button', { name: /그래도 들어가기/ }).click();
    await page.getByTestId('words').waitFor();
    await page.context().close();
  });

  await t.test('Android opens its browser for other apps', async () => {
    const { page } = await arrive(NAVER_ANDROID);
    const href = await page.getByTestId('outside').getAttribute('href');
    assert.match(href, /^intent:\/\/localhost:\d+\/#\/join\/anyang-2022\/[^#]+#Intent;scheme=http;.*end$/);
    await page.context().close();
  });

  await t.test('elsewhere it is done by hand', async () => {
    const { page } = await arrive(INSTAGRAM_IPHONE);
    const warning = page.getByTestId('place-warning');
    await warning.getByText('인스타그램 안의 임시 화면').waitFor();
    await warning.getByText('Safari로 열기').waitFor();
    await warning.getByRole('button', { name: '링크 복사' }).waitFor();
    await page.context().close();
  });
});

test('a private window is told to be one, and a browser that keeps nothing is refused in plain words', async () => {
  const context = await world.context();
  await context.addInitScript(() => {
    navigator.storage.estimate = () => Promise.resolve({ quota: 3e8, usage: 0 });
  });
  const { page } = await Person.arrives(context, world.demo.links.mentee);
  await page.getByTestId('place-warning').getByText('시크릿').first().waitFor();
  await isAccessible(page, 'private window');
  await context.close();
  const forgetful = await world.context();
  await forgetful.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'SecurityError');
    };
  });
  const other = await Person.arrives(forgetful, world.demo.links.mentee);
  await other.page.getByRole('heading', { name: '이 브라우저에 저장할 수 없습니다' }).waitFor();
  await forgetful.close();
});

test('after the first visit the page starts without the network', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kkanbu-profile-'));
  const context = await world.profile(folder);
  const watch = new Watch();
  const person = await Person.arrives(context, world.demo.links.mentee, watch);
  const { page } = person;

  await t.test('what is kept is the page and nothing of the member', async () => {
    await person.entersPlaza();
    await person.says('보관되면 안 되는 글');
    await person.sees('보관되면 안 되는 글');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const kept = await page.evaluate(async () => {
      const found = [];
      for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
      return found;
    });
    assert.ok(kept.includes('/'));
    for (const path of kept)
      assert.match(path, /^\/(assets\/[\w-]+\.(js|css)|favicon\.svg|manifest\.webmanifest)?$/);
  });

  await t.test('with the server dead and the network gone, the first screen is there at once', async () => {
    // Kept from now on: the worker takes over at the next load.
    await page.reload();
    await page.getByTestId('composer').waitFor();
    await world.killServer();
    await context.setOffline(true);
    await page.reload();
    await page
      .getByRole('heading', { name: /인터넷에 연결|안양깐부 Talk/ })
      .first()
      .waitFor();
    const painted = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    assert.ok(painted < 2_000, `first paint after ${painted} ms`);
    await picture(page, 'offline-start');
    await world.startServer();
    await context.setOffline(false);
    await person.page.getByTestId('composer').waitFor({ timeout: PATIENCE });
    await person.sees('보관되면 안 되는 글');
  });

  await t.test('it can be installed', async () => {
    const manifest = await page.evaluate(() => fetch('/manifest.webmanifest').then((reply) => reply.json()));
    for (const { src } of manifest.icons)
      assert.equal(await page.evaluate((path) => fetch(path).then(({ status }) => status), src), 200, src);
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // A browser without a screen or in a private window has reasons of its own.
    const ours = installabilityErrors.filter(({ errorId }) => !/incognito|in-incognito/.test(errorId));
    assert.deepEqual(ours, []);
  });

  watch.isClean();
  await context.close();
  await rm(folder, { recursive: true, force: true });
});

test('a new version is told, keeps what was typed, and comes when asked for', async () => {
  const fake = new FakeServer({ rooms: [{ room: 'plaza', name: '깐부 광장' }] });
  const release = await released(world.demo.url);
  const folder = await mkdtemp(join(tmpdir(), 'kkanbu-profile-'));
  const context = await world.profile(folder);
  await fake.attach(context);
  const watch = new Watch();
  const person = await Person.arrives(context, `${release.url}/#/join/anyang-2022/mentee`, watch);
  const { page } = person;
  await person.entersPlaza();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await person.types('새 판이 와도 남는 글');
  release.newer = true;
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found.update()));
  const line = page.getByTestId('update');
  await line.getByText('새 판이 있습니다').waitFor();
  await isAccessible(page, 'a new version');
  await picture(page, 'update');
  await Promise.all([page.waitForEvent('load'), line.getByRole('button', { name: '새로 고침' }).click()]);
  await page.getByTestId('composer').waitFor();
  assert.equal(await page.getByTestId('composer').inputValue(), '새 판이 와도 남는 글');
  await page.waitForFunction(() =>
    caches.keys().then((names) => names.length === 1 && names[0].endsWith('-next')),
  );
  assert.equal(await page.getByTestId('update').innerText(), '');
  watch.isClean();
  await context.close();
  release.close();
  await rm(folder, { recursive: true, force: true });
});

/** The server's page at an address of its own, where a newer release can be had: its worker names what it keeps otherwise. */
async function released(url) {
  const release = { newer: false };
  const server = createServer(async (request, response) => {
    const found = await fetch(url + request.url);
    let body = Buffer.from(await found.arrayBuffer());
    if (release.newer && request.url === '/sw.js')
      body = Buffer.from(body.toString().replace(/\b[0-9a-f]{16}\b/, (version) => `${version}-next`));
    const headers = { 'content-type': found.headers.get('content-type') };
    const policy = found.headers.get('content-security-policy');
    if (policy)
      headers['content-security-policy'] = policy.replace(/ws:\S+?;/, `ws://${request.headers.host};`);
    response.writeHead(found.status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  release.url = `http://localhost:${server.address().port}`;
  release.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return release;
}
