// Who does not see the screen, has no mouse, or needs large letters: the keyboard alone, axe on every screen, light and dark, on a
// phone and on a wide screen, letters twice as large.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeServer, minute } from './fake.mjs';
import { KOREAN, PHONE, Person, WIDE, World, isAccessible, picture } from './lib.mjs';
import { NOW, inThePlaza as inThePlazaOf, rooms } from './paper.mjs';

const LOOKS = [
  ['phone-light', { ...KOREAN }],
  ['phone-dark', { ...KOREAN, colorScheme: 'dark' }],
  ['wide-light', { ...WIDE, locale: 'en-GB', timezoneId: 'Europe/Berlin' }],
  ['wide-dark', { ...WIDE, locale: 'ko-KR', timezoneId: 'Asia/Seoul', colorScheme: 'dark' }],
];

let world;

before(async () => (world = await World.begin()));
after(() => world?.end());

const inThePlaza = (roles, how) => inThePlazaOf(world, roles, how);

test('one can hold a conversation with the keyboard alone', async () => {
  const { fake, people, done } = await inThePlaza(['mentor'], {
    options: { ...WIDE, locale: 'ko-KR', timezoneId: 'Asia/Seoul' },
  });
  const [{ page }] = people;
  const press = (...keys) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const focus = () =>
    page.evaluate(
      () => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.className,
    );
  fake.says('plaza', '고요한 소쩍새', '키보드로 답해 주세요', { question: true });
  await page.getByText('키보드로 답해 주세요').first().waitFor();
  assert.equal(await focus(), 'composer');
  await page.keyboard.type('바로 쓸 수 있습니다');
  await press('Enter');
  await page.locator('.row.mine', { hasText: '바로 쓸 수 있습니다' }).waitFor();
  // Back to the question's button, into its sheet, to the answer.
  for (let turn = 0; turn < 12 && !(await inTheRowOf('키보드로')); turn += 1) await press('Shift+Tab');
  assert.ok(await inTheRowOf('키보드로'));
  await press('Enter');
  await page.getByTestId('post-actions').waitFor();
  for (let turn = 0; turn < 12; turn += 1) {
    if ((await page.evaluate(() => document.activeElement?.textContent)) === '답글 쓰기') break;
    await press('Tab');
  }
  await press('Enter');
  assert.equal(await focus(), 'composer');
  await page.keyboard.type('네, 답합니다');
  await press('Enter');
  await page
    .locator('.row.mine', { hasText: '네, 답합니다' })
    .locator('.quote', { hasText: '키보드로' })
    .waitFor();
  await press('Escape');
  await done();

  function inTheRowOf(body) {
    return page.evaluate(
      (wanted) =>
        document.activeElement?.classList.contains('act') &&
        document.activeElement.closest('.row')?.textContent.includes(wanted),
      body,
    );
  }
});

for (const [look, options] of LOOKS) {
  test(`every screen is accessible: ${look}`, async () => {
    const next = { name: '도시과', topic: '가을 산책', opens: NOW + 2 * 1440 };
    const fake = new FakeServer({ rooms: rooms(), next });
    const handles = ['명랑한 다람쥐', '든든한 반달곰', '고요한 소쩍새'];
    fake.says('plaza', handles[0], '안녕하세요!', { role: '멘토', at: NOW - 1500 });
    fake.says('plaza', handles[1], '휴가는 어떻게 쓰나요?', { question: true });
    fake.says('plaza', handles[2], '가려질 글');
    fake.moderate('post.hide', 'plaza', { target: 3 });
    fake.answered('plaza', 2);
    fake.says('plaza', handles[1], '여비는 언제 들어오나요?', { question: true });
    fake.moderate('room.notice', 'plaza', { text: '긴 알림입니다. '.repeat(20) });
    const context = await world.context(options);
    await fake.attach(context);
    const { page } = await Person.arrives(context, world.link('mentor'));
    const checked = async (name) => {
      await isAccessible(page, `${name} ${look}`);
      await picture(page, `axe-${name}-${look}`);
    };
    const closed = async (id) => {
      await page.keyboard.press('Escape');
      await page.getByTestId(id).waitFor({ state: 'detached' });
    };
    const korean = options.locale === 'ko-KR';
    const say = (ko, en) => (korean ? ko : en);
    await page.getByTestId('welcome').waitFor();
    await checked('welcome');
    await page.locator('button.restore').click();
    await page.getByTestId('restore').waitFor();
    await checked('restore');
    await closed('restore-dialog');
    await page.getByRole('button', { name: say('들어가기', 'Come in'), exact: true }).click();
    await page.locator('.word-list').waitFor();
    await checked('words');
    await page.getByRole('button', { name: say('나중에 하기', 'Later'), exact: true }).click();
    await page.getByTestId('words-reminder').waitFor();
    await checked('rooms');
    await page.getByTestId('about-button').click();
    await checked('about');
    await closed('about');
    await page.getByTestId('room-plaza').click();
    await page.getByTestId('composer').waitFor();
    await page.getByTestId('composer').fill('제가 쓴 글입니다 @');
    await checked('room');
    await page.getByTestId('send').click();
    await page.getByTestId('questions-button').click();
    await page.getByTestId('question').first().waitFor();
    await checked('questions');
    await closed('questions');
    await page.locator('.row.mine .act').last().click();
    await checked('actions');
    await closed('post-actions');
    fake.moderate('room.slow', 'plaza', { seconds: 600 });
    await page.getByTestId('slow').waitFor();
    await checked('slow');
    await page.getByTestId('composer').fill('쓰다 만 글');
    fake.moderate('room.freeze', 'plaza');
    await page.getByTestId('kept').waitFor();
    await checked('frozen');
    const handle = await page.getByTestId('own-handle').innerText();
    fake.moderate('member.mute', 'plaza', { handle, until: minute() + 60 });
    await page.locator('[data-why=muted]').waitFor();
    await checked('muted');
    fake.phase('plaza', 'closed', next);
    await page.locator('[data-why=closed]').waitFor();
    await checked('closed');
    fake.moderate('member.remove', 'plaza', { handle });
    await page.getByTestId('removed').waitFor();
    await checked('removed');
    await page.getByRole('button', { name: say('다른 방 보기', 'See other rooms') }).click();
    await page.getByTestId('room-relay').click();
    await page.getByTestId('not-open').waitFor();
    await checked('upcoming');
    await page.goto(world.demo.url);
    await page.getByTestId('home').waitFor();
    await checked('home');
    await page.goto(world.link('nobody'));
    await page.getByTestId('notice').waitFor();
    await checked('refused');
    await context.close();
  });
}

test('letters twice as large leave everything in reach, and every target is big enough for a thumb', async () => {
  const { fake, people, done } = await inThePlaza(['mentee'], { options: { ...PHONE, locale: 'ko-KR' } });
  const [person] = people;
  const { page } = person;
  await person.says('큰 글씨로 읽는 글입니다. 줄이 길어도 옆으로 밀리지 않아야 합니다.');
  await person.sees('큰 글씨로');
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a[href], input, textarea')]
      .filter((each) => each.checkVisibility() && !each.closest('.log'))
      .map((each) => [each.className || each.textContent, each.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 44 || height < 44)
      .map(([name]) => name),
  );
  assert.deepEqual(small, []);
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  fake.moderate('room.notice', 'plaza', { text: '긴 알림입니다. '.repeat(20) });
  await page.getByTestId('pinned').waitFor();
  await picture(page, 'large-letters');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, 'nothing is pushed out sideways');
  for (const id of ['composer', 'send', 'question-toggle']) {
    const box = await page.getByTestId(id).boundingBox();
    assert.ok(
      box && box.x >= 0 && box.x + box.width <= 391 && box.y + box.height <= 845,
      `${id} is in reach`,
    );
  }
  await done();
});
