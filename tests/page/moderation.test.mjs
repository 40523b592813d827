// Moderators at the real server's admin socket, and what members see of it on the page; and rooms with dates of their own.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Moderator } from './admin.mjs';
import { Person, Watch, World, picture } from './lib.mjs';

const DAY_MS = 86_400_000;

let world, moderator, folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kkanbu-programme-'));
  const file = join(folder, 'programme.toml');
  await writeFile(file, programme());
  world = await World.begin('--programme', file);
  moderator = await Moderator.at(world.demo.admin);
});

after(async () => {
  moderator?.end();
  await world?.end();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Anyang's, with one room that has closed and one that is to come. */
function programme() {
  const day = (from) => new Date(Date.now() + from * DAY_MS).toISOString().slice(0, 10);
  return `
[programme]
id = "anyang-2022"
name = "안양깐부 Talk"
organisation = "안양시"
timezone = "Asia/Seoul"
purposes = ["업무 노하우 전수", "정서적 유대감 형성"]

[[role]]
id = "mentor"
name = "멘토"
seats = 17
admission = "screened"
eligibility = "3~7년 차 공무원"
answers = true

[[role]]
id = "mentee"
name = "멘티"
seats = 37
eligibility = "신규공무원"

[[room]]
id = "plaza"
name = "깐부 광장"
roles = ["mentor", "mentee"]

[[room]]
id = "past"
name = "교통과"
topic = "봄나들이"
roles = ["mentor", "mentee"]
opens_on = ${day(-6)}
closes_on = ${day(-3)}

[[room]]
id = "later"
name = "도시과"
topic = "가을 산책"
roles = ["mentor", "mentee"]
opens_on = ${day(3)}
closes_on = ${day(6)}
`;
}

async function arrives(role, watch) {
  const context = await world.context();
  const person = await Person.arrives(context, world.demo.links[role], watch);
  await person.entersPlaza();
  return person;
}

test('the first screen tells what the programme file says', async () => {
  const context = await world.context();
  const { page } = await Person.arrives(context, world.demo.links.mentee);
  const screen = page.getByTestId('welcome');
  for (const fact of [
    '업무 노하우 전수',
    '17명',
    '3~7년 차 공무원',
    '공개 모집 후 심사',
    '선착순',
    '많아야 54명',
  ])
    await screen.getByText(fact).first().waitFor();
  await picture(page, 'welcome-facts');
  await context.close();
});

test('members of a moderated room', async (t) => {
  const watch = new Watch();
  const mentee = await arrives('mentee', watch);
  const mentor = await arrives('mentor', watch);
  const everybody = [mentee, mentor];

  await t.test('a question is asked and answered', async () => {
    await mentee.asks('휴가는 누구에게 먼저 말하나요?');
    await mentor.sees('휴가는 누구에게');
    await mentor.page.bringToFront();
    await mentor.page.getByTestId('questions-button').click();
    await mentor.page.getByTestId('question').getByRole('button', { name: '답변됨으로 표시' }).click();
    await mentor.page.getByTestId('questions').getByText('답을 기다리는 질문이 없습니다').waitFor();
    await mentor.page.keyboard.press('Escape');
    for (const person of everybody)
      await person.post('휴가는 누구에게').locator('.tag', { hasText: '답변됨' }).waitFor();
    await mentee.acts('휴가는 누구에게', '답을 더 기다리기');
    await mentor.post('휴가는 누구에게').locator('.tag', { hasText: '질문' }).waitFor();
    await mentor.page.reload();
    await mentor.page.getByRole('button', { name: '답을 기다리는 질문 1개' }).waitFor();
  });

  await t.test('a notice is put up, is there after a reload, and is taken down', async () => {
    await moderator.inPlaza('room.notice', { text: '오늘은 6시에 마칩니다.' });
    for (const { page } of everybody) await page.getByTestId('pinned').getByText('6시에 마칩니다').waitFor();
    await mentee.page.reload();
    await mentee.page.getByTestId('pinned').getByText('6시에 마칩니다').waitFor();
    await moderator.inPlaza('room.notice');
    for (const { page } of everybody) await page.getByTestId('pinned').waitFor({ state: 'detached' });
  });

  await t.test('a paused room takes nothing but a retraction, and goes on', async () => {
    await mentee.says('나중에 거둘 글');
    await mentor.sees('나중에 거둘 글');
    await mentee.types('쓰다 만 글');
    await moderator.inPlaza('room.freeze');
    for (const person of everybody) await person.isBlocked('frozen');
    await mentee.acts('나중에 거둘 글', '글 회수하기');
    await mentee.page.getByTestId('retract-dialog').getByRole('button', { name: '회수하기' }).click();
    await mentor.sees('회수한 글입니다');
    await mentee.page.reload();
    await mentee.isBlocked('frozen');
    await moderator.inPlaza('room.thaw');
    for (const person of everybody) await person.mayWrite();
    assert.equal(await mentee.page.getByTestId('composer').inputValue(), '쓰다 만 글');
  });

  await t.test('slow mode holds the second post, and keeps its text', async () => {
    await moderator.inPlaza('room.slow', { seconds: 5 });
    await mentee.page.getByTestId('slow').waitFor();
    await mentee.says('천천히 하나');
    await mentor.sees('천천히 하나');
    await mentee.page.reload();
    await mentee.says('천천히 둘');
    await mentee.page.getByTestId('slow').getByText('뒤에 보낼 수 있습니다').waitFor();
    assert.equal(await mentee.page.getByTestId('composer').inputValue(), '천천히 둘');
    await mentee.page.locator('[data-testid=send]:enabled').click();
    await mentor.sees('천천히 둘');
    await moderator.inPlaza('room.slow', { seconds: 0 });
    await mentee.page.getByTestId('slow').waitFor({ state: 'detached' });
  });

  await t.test('a hidden post leaves its place, and comes back', async () => {
    await mentee.says('가려질 글입니다');
    await mentor.sees('가려질 글입니다');
    const offset = await mentor.offsetOf('가려질 글입니다');
    await moderator.inPlaza('post.hide', { offset });
    for (const { page } of everybody)
      await page.waitForFunction(() => !document.body.textContent.includes('가려질 글입니다'));
    await mentor.sees('운영자가 가린 글입니다');
    await mentor.page.reload();
    await mentor.sees('운영자가 가린 글입니다');
    await moderator.inPlaza('post.restore', { offset });
    for (const person of everybody) await person.sees('가려질 글입니다');
  });

  await t.test('the author takes a hidden post back', async () => {
    await mentee.says('가려진 채 거둘 글');
    await mentor.sees('가려진 채 거둘 글');
    const offset = await mentor.offsetOf('가려진 채 거둘 글');
    await moderator.inPlaza('post.hide', { offset });
    await mentee.page.bringToFront();
    await mentee.page.locator(`[data-offset="${offset}"] .bubble.gone`).waitFor();
    await mentee.page.locator(`[data-offset="${offset}"] .act`).click();
    await mentee.page.getByTestId('post-actions').getByRole('button', { name: '글 회수하기' }).click();
    await mentee.page.getByTestId('retract-dialog').getByRole('button', { name: '회수하기' }).click();
    await mentor.page.locator(`[data-offset="${offset}"] .body`, { hasText: '회수한 글입니다' }).waitFor();
  });

  await t.test('a muted member is told until when, alone, and writes again afterwards', async () => {
    const handle = await mentee.handle();
    await moderator.inPlaza('member.mute', { handle, minutes: 30 });
    await mentee.isBlocked('muted');
    await picture(mentee.page, 'muted');
    assert.equal(await mentor.page.getByTestId('blocked').count(), 0);
    await mentee.page.reload();
    await mentee.isBlocked('muted');
    await mentee.page.getByRole('button', { name: '다시 확인' }).click();
    await mentee.isBlocked('muted');
    await moderator.inPlaza('member.unmute', { handle });
    await mentee.mayWrite();
    await mentee.says('다시 씁니다');
    await mentor.sees('다시 씁니다');
  });

  await t.test('a removed member is told, and comes back under the same handle when restored', async () => {
    const handle = await mentee.handle();
    await moderator.inPlaza('member.remove', { handle });
    await mentee.page.getByTestId('removed').waitFor();
    await picture(mentee.page, 'removed');
    await mentee.page.getByRole('button', { name: '다시 들어가 보기' }).click();
    await mentee.page.getByTestId('removed').waitFor();
    await mentee.page.reload();
    if (await mentee.page.getByTestId('room-plaza').isVisible()) await mentee.opens();
    await mentee.page.getByTestId('removed').waitFor();
    await moderator.inPlaza('member.restore', { handle });
    await mentee.page.getByRole('button', { name: '다시 들어가 보기' }).click();
    await mentee.mayWrite();
    assert.equal(await mentee.handle(), handle);
  });

  await t.test('what happened while the page was away is caught up with', async () => {
    await mentor.says('다른 데 있는 동안 가려질 글');
    await mentee.sees('다른 데 있는 동안 가려질 글');
    const offset = await mentee.offsetOf('다른 데 있는 동안 가려질 글');
    await mentee.page.context().setOffline(true);
    await mentee.page.getByTestId('status').getByText('인터넷에 연결').waitFor();
    await moderator.inPlaza('post.hide', { offset });
    await moderator.inPlaza('room.notice', { text: '그사이 붙은 알림' });
    await mentor.says('그사이 올라온 글');
    await mentor.acts('그사이 올라온 글', '글 고치기');
    await mentor.says('그사이 고쳐진 글');
    await mentor.sees('그사이 고쳐진 글');
    await mentee.page.context().setOffline(false);
    await mentee.sees('그사이 고쳐진 글');
    await mentee.page.getByTestId('pinned').getByText('그사이 붙은 알림').waitFor();
    await mentee.page.waitForFunction(
      () => !document.querySelector('.log').textContent.includes('다른 데 있는 동안'),
    );
    await moderator.inPlaza('room.notice');
  });
  watch.isClean();
  for (const { page } of everybody) await page.context().close();
});

test('rooms that have closed or are to come say so, and the next one is named', async () => {
  const context = await world.context();
  const person = await Person.arrives(context, world.demo.links.mentee);
  const { page } = person;
  await person.comesIn();
  await page.getByTestId('next').getByText('다음: 도시과 · 가을 산책').waitFor();
  await picture(page, 'rooms-with-dates');
  await person.opens('past');
  await page.getByTestId('not-open').getByText('닫혀서').waitFor();
  await page.getByRole('button', { name: '다른 방 보기' }).click();
  await person.opens('later');
  await page.getByTestId('not-open').getByText('열립니다').waitFor();
  await context.close();
});
