// Draws the pictures of the documentation: a small conversation in each built-in programme, on a phone and on a wide screen, in
// light and dark, in Korean and English.
//
// KKANBU_BIN     the server's binary
// CHROMIUM       the browser, `/usr/bin/chromium` if not given
//
// `node pictures.mjs ../../docs/images` makes those that the documentation shows; with `--all` every combination. Then any program
// that brings them down to 256 colours, such as `pngquant --ext .png --force *.png`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Moderator } from './admin.mjs';
import { KOREAN, Person, WIDE, World } from './lib.mjs';

/** A role's badge is shown once five of it are in the room. */
const OF_EACH = 5;
const WIDE_KOREAN = { ...WIDE, deviceScaleFactor: 1.5, locale: 'ko-KR', timezoneId: 'Asia/Seoul' };
const SCHEMES = ['light', 'dark'];
const LANGUAGES = ['ko', 'en'];

const ANYANG = {
  programme: 'anyang-2022',
  room: 'plaza',
  asks: 'mentee',
  answers: 'mentor',
  notice: '이번 주 이야깃거리는 첫 민원 전화입니다. 이름이나 부서가 드러나는 말은 피해 주세요.',
  shown: ['phone-light-ko', 'phone-dark-en', 'wide-light-en', 'wide-dark-ko'],
  async talk({ asker, colleague, senior, other }) {
    await asker.asks('민원 전화를 받으면 아직 머리가 하얘져요. 다들 처음엔 어떠셨나요?');
    await answers(
      senior,
      '머리가 하얘져요',
      '저는 수화기 들기 전에 심호흡부터 했어요. 자주 오는 질문은 한 장에 적어 붙여 두세요.',
    );
    await reacts(asker, '심호흡부터', '🙏');
    await reacts(colleague, '심호흡부터', '🙏');
    await says(other, '모르면 “확인하고 다시 전화드리겠습니다”라고 하셔도 괜찮아요.');
    await reacts(senior, '확인하고 다시', '👍');
    await says(asker, '마음이 놓입니다. 내일 바로 해 볼게요!');
    await acts(senior, '머리가 하얘져요', '답변됨으로 표시');
  },
};

const SEOGWIPO = {
  programme: 'seogwipo-2026',
  room: 'department-1',
  asks: 'department-1-junior',
  answers: 'department-1-senior',
  notice: '나들이는 오늘 2시에 정문에서 출발합니다. 편한 신발을 신고 오세요.',
  shown: ['phone-light-en', 'phone-dark-ko', 'wide-light-ko', 'wide-dark-en', 'phone-rooms-light-ko'],
  async talk({ asker, colleague, senior, other }) {
    await asker.asks('회식 자리에서 먼저 일어나면 예의 없어 보일까요?');
    await answers(
      senior,
      '회식 자리에서',
      '저희 때는 눈치를 봤지만, 이제는 아무도 그렇게 생각하지 않아요. 인사 한마디면 충분합니다.',
    );
    await reacts(asker, '인사 한마디면', '😊');
    await reacts(colleague, '인사 한마디면', '😊');
    await acts(asker, '회식 자리에서', '답변됨으로 표시');
    await other.asks('저희도 궁금합니다. 메신저로 일을 부탁드리면 부담스러운가요?');
    await seen(other, '메신저로 일을');
    await answers(asker, '메신저로 일을', '글로 남아서 오히려 편합니다!');
    await reacts(senior, '오히려 편합니다', '👍');
  },
};

const [target, option] = process.argv.slice(2);
if (!target) throw new Error('usage: KKANBU_BIN=… node pictures.mjs <folder> [--all]');
await mkdir(target, { recursive: true });
for (const play of [ANYANG, SEOGWIPO]) await draw(play);

async function draw(play) {
  const world = await World.begin('--programme', play.programme);
  try {
    // The one who asks sits at a phone, the one who answers at a desk.
    const asker = await arrives(world, play, play.asks, KOREAN);
    const senior = await arrives(world, play, play.answers, WIDE_KOREAN);
    const colleague = await arrives(world, play, play.asks, KOREAN);
    const other = await arrives(world, play, play.answers, KOREAN);
    for (let more = 2; more < OF_EACH; more += 1) {
      await (await arrives(world, play, play.asks, KOREAN)).page.context().close();
      await (await arrives(world, play, play.answers, KOREAN)).page.context().close();
    }
    const moderator = await Moderator.at(world.demo.admin);
    const { programme, room, notice } = play;
    await moderator.does('room.notice', { programme, room, text: notice });
    await play.talk({ asker, colleague, senior, other });
    moderator.end();
    for (const scheme of SCHEMES) {
      for (const language of LANGUAGES) {
        const look = `${scheme}-${language}`;
        await shoot(asker, play, scheme, language, `phone-${look}`);
        await shootRooms(asker, play, `phone-rooms-${look}`);
        await shoot(senior, play, scheme, language, `wide-${look}`);
      }
    }
  } finally {
    await world.end();
  }
}

async function arrives(world, play, role, options) {
  const person = await Person.arrives(await world.context(options), world.demo.links[role]);
  await person.comesIn({ later: '적어 두었습니다' });
  await person.opens(play.room);
  await person.page.getByTestId('composer').waitFor();
  return person;
}

/** Waits until it is confirmed, so that the next one comes after it. */
async function says(person, body) {
  await person.says(body);
  await seen(person, body);
}

function seen(person, body) {
  return bubble(person, body).waitFor();
}

/** A post by its own text, not by what it quotes. */
function bubble({ page }, body) {
  const own = page.locator('.bubble > .body', { hasText: body });
  return page.getByTestId('post').filter({ has: own }).first();
}

async function acts(person, body, name) {
  const { page } = person;
  await page.bringToFront();
  await bubble(person, body).hover();
  await bubble(person, body).locator('.act').click();
  await page.getByTestId('post-actions').getByRole('button', { name, exact: true }).click();
}

async function answers(person, body, words) {
  await acts(person, body, '답글 쓰기');
  await says(person, words);
}

async function reacts(person, body, reaction) {
  await acts(person, body, reaction);
  await person.page.locator('.chip[aria-pressed=true]', { hasText: reaction }).first().waitFor();
}

async function shoot({ page }, play, scheme, language, name) {
  await page.bringToFront();
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate((chosen) => localStorage.setItem('kkanbu.language', chosen), language);
  // How big the room is was told on the way in; by now it has filled.
  await page.reload();
  await page.getByTestId('pinned').waitFor();
  await page.getByTestId('post').last().waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await keep(page, play, name);
}

async function shootRooms({ page }, play, name) {
  await page.goBack();
  await page.getByTestId('rooms').waitFor();
  await keep(page, play, name);
  await page.goForward();
}

async function keep(page, play, name) {
  if (option !== '--all' && !play.shown.includes(name)) return;
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(target, `${play.programme}-${name}.png`) });
}
