// Every state that a room and a member can be in, as the page shows it, before a server of paper (fake.mjs): questions, notices,
// slow mode, pauses, phases, sanctions.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeServer, PROGRAMME, minute } from './fake.mjs';
import { KOREAN, Person, World, keysKept, picture } from './lib.mjs';
import { NOW, inThePlaza as inThePlazaOf, rooms } from './paper.mjs';

const SEOUL = { timeZone: 'Asia/Seoul', hour: 'numeric', minute: '2-digit' };

let world;

before(async () => (world = await World.begin()));
after(() => world?.end());

const inThePlaza = (roles, how) => inThePlazaOf(world, roles, how);

test('before anything is kept, one screen says who, how many, what is stored, and what is not protected', async () => {
  const fake = new FakeServer({ rooms: rooms() });
  const context = await world.context();
  await fake.attach(context);
  const { page } = await Person.arrives(context, world.link('mentee'));
  const screen = page.getByTestId('welcome');
  await screen.waitFor();
  const said = await screen.innerText();
  for (const fact of [
    PROGRAMME.name,
    PROGRAMME.organisation,
    ...PROGRAMME.purposes,
    '재직 3~7년차 공무원',
    '공개 모집 후 심사',
    '신규공무원',
    '선착순',
    '17명',
    '37명',
    '많아야 54명',
    '30일 동안',
    '한 시간 안에',
    '백업',
    '휴대전화 데이터',
    '서버를 나쁜 뜻으로',
  ])
    assert.ok(said.includes(fact), `the first screen says ${fact}`);
  assert.equal(await page.evaluate(keysKept), 0);
  await context.close();
});

test('the same is found later, and shown once to who came in without having read it here', async () => {
  const { people, done } = await inThePlaza(['mentee']);
  const [{ page }] = people;
  await page.getByRole('button', { name: '방 메뉴' }).click();
  await page.getByTestId('room-menu').getByRole('button', { name: '이 프로그램 알아보기' }).click();
  await page.getByTestId('about').getByText('많아야 54명').waitFor();
  await page.getByTestId('about').getByRole('button', { name: '닫기' }).click();
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await page.getByTestId('briefing').getByText('한 시간 안에').waitFor();
  await page.getByRole('button', { name: '알겠습니다' }).click();
  await page.getByTestId('composer').waitFor();
  await page.reload();
  await page.getByTestId('composer').waitFor();
  assert.equal(await page.getByTestId('briefing').count(), 0);
  await done();
});

test('a question is asked, found among the open ones, and marked as answered', async (t) => {
  const { fake, people, done } = await inThePlaza(['mentee', 'mentor']);
  const [mentee, mentor] = people;

  await t.test('it has its mark, and the toggle goes back', async () => {
    await mentee.asks('결재는 누구에게 먼저 올리나요?');
    await mentor.post('결재는 누구에게').locator('.tag', { hasText: '질문' }).waitFor();
    assert.equal(await mentee.page.getByTestId('question-toggle').getAttribute('aria-pressed'), 'false');
    await mentee.says('미리 감사합니다.');
    await mentor.sees('미리 감사합니다.');
    assert.equal(await mentor.post('미리 감사합니다.').locator('.tag').count(), 0);
  });

  await t.test('a mentor finds it in the list, and the list follows what happens', async () => {
    await mentor.page.bringToFront();
    await mentor.page.getByRole('button', { name: '답을 기다리는 질문 1개' }).click();
    const list = mentor.page.getByTestId('questions');
    await list.getByText('결재는 누구에게 먼저 올리나요?').waitFor();
    fake.says('plaza', '고요한 소쩍새', '출장 여비는 언제 들어오나요?', { question: true });
    await list.getByText('출장 여비는').waitFor();
    await picture(mentor.page, 'questions');
    await list.getByTestId('question').filter({ hasText: '출장 여비' }).locator('.question').click();
    await mentor.page.getByTestId('questions').waitFor({ state: 'detached' });
    await mentor.page.locator('.row.flash', { hasText: '출장 여비' }).waitFor();
  });

  await t.test('who asked may mark it, a mentee may not mark that of another', async () => {
    await mentee.page.bringToFront();
    await mentee.post('출장 여비는').locator('.act').click();
    const sheet = mentee.page.getByTestId('post-actions');
    await sheet.waitFor();
    assert.equal(await sheet.getByText('답변됨으로 표시').count(), 0);
    await mentee.page.keyboard.press('Escape');
    await mentee.acts('결재는 누구에게', '답변됨으로 표시');
    await mentor.post('결재는 누구에게').locator('.tag', { hasText: '답변됨' }).waitFor();
    await mentor.acts('출장 여비는', '답변됨으로 표시');
    await mentee.post('출장 여비는').locator('.tag', { hasText: '답변됨' }).waitFor();
    await mentor.page.getByRole('button', { name: '질문 보기', exact: true }).waitFor();
    await mentor.acts('출장 여비는', '답을 더 기다리기');
    await mentor.page.getByRole('button', { name: '답을 기다리는 질문 1개' }).waitFor();
  });
  await done();
});

test('questions older than what is shown are found too', async () => {
  const fake = new FakeServer({ rooms: rooms() });
  fake.says('plaza', '고요한 소쩍새', '아주 오래전 질문', { question: true, at: NOW - 4000 });
  for (let turn = 1; turn <= 130; turn += 1)
    fake.says('plaza', '느긋한 수달', `지나간 이야기 ${turn}`, { at: NOW - 2000 });
  const context = await world.context();
  await fake.attach(context);
  const person = await Person.arrives(context, world.link('mentor'));
  await person.entersPlaza();
  await person.page.getByRole('button', { name: '답을 기다리는 질문 1개' }).click();
  await person.page.getByTestId('question').locator('.question').click();
  await person.page.locator('.row.flash', { hasText: '아주 오래전 질문' }).waitFor();
  await context.close();
});

test('a notice is pinned, changed and taken down', async () => {
  const { fake, people, done } = await inThePlaza(['mentee']);
  const [{ page }] = people;
  const pinned = page.getByTestId('pinned');
  assert.equal(await pinned.count(), 0);
  fake.moderate('room.notice', 'plaza', { text: '오늘은 6시에 마칩니다.' });
  await pinned.getByText('오늘은 6시에 마칩니다.').waitFor();
  await page.locator('[aria-live]', { hasText: '새 알림: 오늘은 6시에' }).waitFor({ state: 'attached' });
  fake.moderate('room.notice', 'plaza', { text: '긴 알림입니다. '.repeat(40) });
  await pinned.getByRole('button', { name: '모두 보기' }).click();
  await pinned.getByRole('button', { name: '접기' }).waitFor();
  fake.moderate('room.notice', 'plaza');
  await pinned.waitFor({ state: 'detached' });
  await done();
});

test('a paused room says so, keeps what was being written, and goes on by itself', async () => {
  const { fake, people, done } = await inThePlaza(['mentee']);
  const [person] = people;
  await person.says('내가 쓴 글');
  await person.sees('내가 쓴 글');
  await person.types('쓰다 만 글');
  fake.moderate('room.freeze', 'plaza');
  await person.isBlocked('frozen');
  await person.page.getByTestId('kept').getByText('쓰다 만 글').waitFor();
  // What somebody regrets can be taken back in a paused room too; nothing else is offered.
  await person.post('내가 쓴 글').locator('.act').click();
  const offered = await person.page.getByTestId('post-actions').getByRole('button').allInnerTexts();
  assert.deepEqual(offered, ['글 복사', '글 회수하기', '취소']);
  await person.page.keyboard.press('Escape');
  fake.moderate('room.thaw', 'plaza');
  await person.mayWrite();
  assert.equal(await person.page.getByTestId('composer').inputValue(), '쓰다 만 글');
  await done();
});

test('slow mode says how long to wait and keeps the text', async () => {
  const { fake, people, done } = await inThePlaza(['mentee']);
  const [person] = people;
  fake.moderate('room.slow', 'plaza', { seconds: 3 });
  const note = person.page.getByTestId('slow');
  await note.getByText('글과 글 사이에 3초').first().waitFor();
  await person.says('첫 글');
  await person.sees('첫 글');
  await person.types('둘째 글');
  await note.getByText(/\d초 뒤에 보낼 수 있습니다/).waitFor();
  assert.ok(await person.page.getByTestId('send').isDisabled());
  assert.equal(await person.page.getByTestId('composer').inputValue(), '둘째 글');
  await person.page.locator('[data-testid=send]:enabled').click();
  await person.sees('둘째 글');
  // A page that does not know of the last post: the server says how long, and the text comes back.
  await person.page.reload();
  await person.says('셋째 글');
  await note.getByText(/초 뒤에 보낼 수 있습니다/).waitFor();
  assert.equal(await person.page.getByTestId('composer').inputValue(), '셋째 글');
  assert.equal(await person.page.getByTestId('pending').count(), 0);
  await person.page.locator('[data-testid=send]:enabled').click();
  await person.sees('셋째 글');
  fake.moderate('room.slow', 'plaza', { seconds: 0 });
  await note.waitFor({ state: 'detached' });
  await done();
});

test('a mute is explained with its end in the programme’s time zone, and ends', async () => {
  const { fake, people, done } = await inThePlaza(['mentee', 'mentor'], {
    options: { ...KOREAN, timezoneId: 'America/New_York' },
  });
  const [mentee, mentor] = people;
  const handle = await mentee.handle();
  await mentee.page.bringToFront();
  await mentee.types('막히기 전에 쓰던 글');
  const until = minute() + 121;
  fake.moderate('member.mute', 'plaza', { handle, until });
  await mentee.isBlocked('muted');
  const time = await mentee.page.evaluate(
    ([at, seoul]) => new Intl.DateTimeFormat('ko', seoul).format(new Date(at)),
    [until * 60_000, SEOUL],
  );
  const why = await mentee.page.getByTestId('blocked').innerText();
  assert.ok(why.includes(time), `${why} names ${time}`);
  assert.ok(why.includes('Asia/Seoul'));
  assert.ok(why.includes('막히기 전에 쓰던 글'));
  assert.equal(await mentor.page.getByTestId('blocked').count(), 0, 'nobody else is told');
  fake.moderate('member.mute', 'plaza', { handle });
  await mentee.mayWrite();
  assert.equal(await mentee.page.getByTestId('composer').inputValue(), '막히기 전에 쓰던 글');
  await done();
});

test('who is put out of a room is told, is not left at a dead end, and may come back when that is undone', async () => {
  const { fake, people, done } = await inThePlaza(['mentee']);
  const [person] = people;
  const handle = await person.handle();
  fake.moderate('member.remove', 'plaza', { handle });
  await person.page.getByTestId('removed').waitFor();
  await person.page.getByRole('button', { name: '다시 들어가 보기' }).click();
  await person.page.getByTestId('removed').waitFor();
  await person.page.getByRole('button', { name: '다른 방 보기' }).click();
  await person.page.getByTestId('rooms').waitFor();
  await person.page.reload();
  await person.opens();
  await person.page.getByTestId('removed').waitFor();
  fake.moderate('member.restore', 'plaza', { handle });
  await person.page.getByRole('button', { name: '다시 들어가 보기' }).click();
  await person.mayWrite();
  await done();
});

test('a hidden post leaves its place, and comes back', async () => {
  const { fake, people, done } = await inThePlaza(['mentee', 'mentor']);
  const [mentee, mentor] = people;
  await mentee.says('가려질 글입니다');
  await mentor.sees('가려질 글입니다');
  const target = await mentor.offsetOf('가려질 글입니다');
  fake.moderate('post.hide', 'plaza', { target });
  for (const { page } of people) {
    await page.locator('.bubble', { hasText: '운영자가 가린 글입니다' }).waitFor();
    await page.waitForFunction(() => !document.body.textContent.includes('가려질 글입니다'));
  }
  // Its author may still take it back.
  await mentee.page.bringToFront();
  await mentee.page.locator(`[data-offset="${target}"] .act`).click();
  const offered = await mentee.page.getByTestId('post-actions').getByRole('button').allInnerTexts();
  assert.deepEqual(offered, ['글 회수하기', '취소']);
  await mentee.page.keyboard.press('Escape');
  fake.moderate('post.restore', 'plaza', { target });
  await mentor.sees('가려질 글입니다');
  await done();
});

test('rooms open and close by the calendar, and the next one is named', async () => {
  const next = { name: '도시과', topic: '가을 산책', opens: NOW + 2 * 1440 };
  const { fake, people, done } = await inThePlaza(['mentee'], { changed: { next } });
  const [person] = people;
  const { page } = person;
  await person.says('닫히기 전의 글');
  await person.sees('닫히기 전의 글');
  await person.types('미처 못 보낸 글');
  fake.phase('plaza', 'closed', next);
  await person.isBlocked('closed');
  await page.getByTestId('blocked').getByText('30일이 될 때까지 읽을 수 있습니다').waitFor();
  await page.getByTestId('blocked').getByText('다음: 도시과 · 가을 산책').waitFor();
  await page.getByTestId('kept').getByText('미처 못 보낸 글').waitFor();
  await page.getByRole('button', { name: '뒤로' }).click();
  await page.getByTestId('next').getByText('다음: 도시과 · 가을 산책').waitFor();
  await person.opens('past');
  await page.getByTestId('not-open').getByText('닫혀서 새로 들어갈 수 없습니다').waitFor();
  await page.getByRole('button', { name: '다른 방 보기' }).click();
  await person.opens('relay');
  await page.getByTestId('not-open').getByText('열립니다').waitFor();
  await picture(page, 'upcoming');
  fake.phase('relay', 'open');
  await page.getByRole('button', { name: '방에 들어가기' }).click();
  await person.mayWrite();
  await done();
});

test('a clock that is wrong by years and days changes neither dates nor what one may do', async () => {
  const fake = new FakeServer({ rooms: rooms() });
  const context = await world.context();
  await fake.attach(context);
  // Three days ahead: to this device, everything is long over.
  await context.addInitScript(() => {
    const real = Date.now;
    const Wrong = class extends Date {
      constructor(...given) {
        super(...(given.length ? given : [real() + 3 * 86_400_000]));
      }
      static now() {
        return real() + 3 * 86_400_000;
      }
    };
    globalThis.Date = Wrong;
  });
  const person = await Person.arrives(context, world.link('mentee'));
  await person.entersPlaza();
  await person.says('오늘 쓴 글');
  await person.sees('오늘 쓴 글');
  fake.moderate('member.mute', 'plaza', { handle: await person.handle(), until: minute() + 120 });
  await person.isBlocked('muted');
  await person.page.waitForTimeout(1_500);
  await person.isBlocked('muted');
  const today = new Intl.DateTimeFormat('ko', { timeZone: 'Asia/Seoul', day: 'numeric', month: 'long' });
  await person.page.locator('.divider', { hasText: today.format(new Date()) }).waitFor();
  // It is today, by the server's clock: the time alone is told.
  const why = await person.page.getByTestId('blocked').innerText();
  assert.ok(!/\d월/.test(why) || new Date().getUTCHours() === 13 || new Date().getUTCHours() === 14, why);
  await context.close();
});
