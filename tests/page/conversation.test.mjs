// The built page in a real browser against the real server: two people talk, the server is killed under them, and every
// word arrives once and in the same order on both sides.
//
// KKANBU_BIN, CHROMIUM and SCREENSHOTS are explained in lib.mjs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PATIENCE, PHONE, Person, Watch, World, keysKept, picture } from './lib.mjs';

let world, demo;

before(async () => {
  world = await World.begin();
  ({ demo } = world);
});

after(() => world?.end());

test('two people talk, the server dies and comes back, and nothing is lost, doubled or reordered', async (t) => {
  // One browser profile: the two join links keep the two people apart.
  const context = await world.context();
  const watch = new Watch();
  const mentor = await Person.arrives(context, demo.links.mentor, watch);
  await mentor.page.getByTestId('welcome').waitFor();
  await picture(mentor.page, 'welcome');
  const mentee = await Person.arrives(context, demo.links.mentee, watch);

  await t.test('reading the welcome takes no seat and makes no key', async () => {
    await mentee.page.getByTestId('welcome').waitFor();
    assert.deepEqual(mentee.methods, ['preview']);
    const kept = await mentee.page.evaluate(keysKept);
    assert.equal(kept, 0);
  });

  await t.test('they come in and have different handles', async () => {
    for (const person of [mentor, mentee]) await person.entersPlaza();
    assert.deepEqual(mentee.methods.slice(0, 3), ['preview', 'challenge', 'authenticate']);
    assert.notEqual(await mentor.handle(), await mentee.handle());
  });

  await t.test('they talk, reply and react', async () => {
    await mentee.says('안녕하세요. 발령받은 지 두 달 된 신규입니다.\n전화 민원이 아직 무섭습니다…');
    await mentor.sees('전화 민원이 아직 무섭습니다…');
    await mentor.answers(
      '전화 민원이 아직 무섭습니다…',
      '저도 첫해에는 그랬습니다. 자주 묻는 질문을 한 장에 적어 두세요.',
    );
    await mentee.sees('자주 묻는 질문을 한 장에 적어 두세요.');
    await mentee.acts('자주 묻는 질문을 한 장에 적어 두세요.', '🙏');
    for (const person of [mentor, mentee]) await person.seesReaction('🙏', '1');
    await mentee.says('오늘 바로 해 보겠습니다. 감사합니다!');
    await mentor.sees('오늘 바로 해 보겠습니다.');
    const quote = await mentee.page.getByTestId('quote').last().innerText();
    assert.match(quote, /전화 민원이 아직 무섭습니다/);
    await picture(mentor.page, 'conversation-mentor');
    await picture(mentee.page, 'conversation-mentee');
  });

  await t.test('a post is changed, addresses somebody, and is taken back', async () => {
    await mentee.says('점심시간에 여쭤봐도 되까요?');
    await mentee.acts('점심시간에 여쭤봐도', '글 고치기');
    await mentee.says('점심시간에 여쭤봐도 될까요?');
    await mentor.sees('점심시간에 여쭤봐도 될까요?');
    assert.equal(await mentor.page.getByText('고침').count(), 1);
    await mentor.page.bringToFront();
    const composer = mentor.page.getByTestId('composer');
    await composer.pressSequentially('@');
    await picture(mentor.page, 'mention');
    await mentor.page.getByRole('option', { name: await mentee.handle() }).click();
    await composer.pressSequentially('네, 12시 반에 여기서 봬요.');
    await mentor.page.getByTestId('send').click();
    await mentee.sees('네, 12시 반에 여기서 봬요.');
    const called = mentee.page.locator('.for-me .mention.me');
    assert.equal(await called.innerText(), `@${await mentee.handle()}`);
    await mentee.says('잘못 올린 글입니다');
    await mentor.sees('잘못 올린 글입니다');
    await mentee.acts('잘못 올린 글입니다', '글 회수하기');
    await picture(mentee.page, 'retract');
    await mentee.page.getByTestId('retract-dialog').getByRole('button', { name: '회수하기' }).click();
    for (const person of [mentor, mentee]) {
      await person.sees('회수한 글입니다');
      // Nowhere: neither in the list of rooms nor where screen readers look.
      await person.page.waitForFunction(() => !document.body.textContent.includes('잘못 올린 글입니다'));
    }
    await picture(mentee.page, 'own-posts');
  });

  await t.test('the server asks before personal information goes out', async () => {
    await mentee.says('제 번호는 010-1234-5678입니다.');
    const dialog = mentee.page.getByTestId('confirm-dialog');
    await dialog.waitFor();
    assert.equal(await dialog.locator('mark').innerText(), '010-1234-5678');
    await picture(mentee.page, 'confirm');
    await dialog.getByRole('button', { name: '고치기' }).click();
    assert.equal(await mentee.page.getByTestId('composer').inputValue(), '제 번호는 010-1234-5678입니다.');
    assert.equal(await mentee.page.getByTestId('pending').count(), 0);
  });

  await t.test('both go on writing while the server is dead', async () => {
    await world.killServer();
    for (let turn = 1; turn <= 3; turn += 1) {
      await mentor.says(`멘토가 끊긴 동안 쓴 글 ${turn}`);
      await mentee.says(`멘티가 끊긴 동안 쓴 글 ${turn}`);
    }
    await mentee.page.getByTestId('composer').fill('아직 보내지 않은 글');
    for (const person of [mentor, mentee]) {
      await person.page.getByText('다시 연결하는 중').waitFor();
      assert.equal(await person.page.getByTestId('pending').count(), 3);
    }
    await picture(mentee.page, 'reconnecting');
  });

  await t.test('everything arrives exactly once, in one order for both', async () => {
    await world.startServer();
    for (const person of [mentor, mentee]) {
      await person.page.getByText('끊긴 동안 쓴 글').nth(5).waitFor({ timeout: PATIENCE });
      await person.page.waitForFunction(() => !document.querySelector('[data-testid=pending]'), null, {
        timeout: PATIENCE,
      });
    }
    const [one, other] = [await mentor.posts(), await mentee.posts()];
    assert.deepEqual(one, other);
    assert.equal(new Set(one).size, one.length, 'no post twice');
    for (const who of ['멘토가', '멘티가']) {
      const own = one.filter((body) => body.startsWith(who));
      assert.deepEqual(
        own,
        [1, 2, 3].map((turn) => `${who} 끊긴 동안 쓴 글 ${turn}`),
      );
    }
    assert.equal(await mentee.page.getByTestId('composer').inputValue(), '아직 보내지 않은 글');
  });

  await t.test('a reload keeps the identity, the history and the draft', async () => {
    const [handle, posts] = [await mentee.handle(), await mentee.posts()];
    await mentee.page.reload();
    await mentee.sees('오늘 바로 해 보겠습니다.');
    assert.equal(await mentee.handle(), handle);
    assert.deepEqual(await mentee.posts(), posts);
    assert.equal(await mentee.page.getByTestId('composer').inputValue(), '아직 보내지 않은 글');
    assert.ok(!mentee.methods.slice(-8).includes('preview'), 'who has been here comes straight in');
    const own = mentee.page.locator('.row.mine .body', { hasText: '발령받은 지 두 달' });
    assert.equal(await own.count(), 1);
  });

  await t.test('there is no cookie, no foreign request, and no complaint from the browser', async () => {
    assert.deepEqual(await context.cookies(), []);
    watch.isClean();
  });
  await context.close();
});

test('the page speaks English to an English browser, and Korean when asked', async () => {
  const context = await world.context({ ...PHONE, locale: 'en-GB' });
  const watch = new Watch();
  const person = await Person.arrives(context, demo.links.mentee, watch);
  await person.page.getByTestId('welcome').waitFor();
  await picture(person.page, 'welcome-english');
  await person.entersPlaza({ enter: 'Come in', later: 'Later' });
  await person.page.getByRole('textbox', { name: 'Write a post' }).waitFor();
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'en');
  await person.page.getByRole('button', { name: 'Back' }).click();
  await person.page.getByRole('button', { name: /한국어/ }).click();
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'ko');
  await person.page.goto(`${demo.url}/`);
  await person.page.getByText('이 브라우저로 참여한 프로그램').waitFor();
  watch.isClean();
  await context.close();
});

test('a link with a wrong code is refused in plain words', async () => {
  const context = await world.context();
  const watch = new Watch();
  const wrong = demo.links.mentee.replace(/[^/]+$/, 'no-such-code');
  const person = await Person.arrives(context, wrong, watch);
  await person.page.getByRole('heading', { name: '들어갈 수 없습니다' }).waitFor();
  await person.page.getByText('참여 코드가 맞지 않습니다').waitFor();
  assert.equal(await person.page.evaluate(keysKept), 0);
  await picture(person.page, 'wrong-code');
  watch.isClean();
  await context.close();
});

test('a browser without Ed25519 of its own comes in with the library that stands in', async () => {
  const context = await world.context();
  const watch = new Watch();
  await context.addInitScript(() => {
    const native = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = (format, data, algorithm, ...rest) =>
      algorithm === 'Ed25519'
        ? Promise.reject(new DOMException('unsupported', 'NotSupportedError'))
        : native(format, data, algorithm, ...rest);
  });
  const person = await Person.arrives(context, demo.links.mentee, watch);
  await person.entersPlaza();
  await person.page.reload();
  await person.page.getByTestId('own-handle').waitFor();
  watch.isClean();
  await context.close();
});

test('an insecure address is explained', async () => {
  const context = await world.context();
  const page = await context.newPage();
  await page.goto(demo.links.mentee.replace('localhost', 'insecure.test'));
  await page.getByRole('heading', { name: '안전한 주소로 열어 주세요' }).waitFor();
  await context.close();
});
