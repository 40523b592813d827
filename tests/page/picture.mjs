// Draws the README's picture: one conversation, seen by a mentee and, in the dark, by a mentor.
//
// KKANBU_BIN     the server's binary
// CHROMIUM       the browser, `/usr/bin/chromium` if not given
//
// `node picture.mjs ../../docs/images/conversation.png`, and then any program that brings it down to 256 colours.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const PHONE = { width: 390, height: 844 };
const SCALE = 1.25;
/** A role's badge is shown once five of it are in the room. */
const OF_EACH = 5;
const [PAGE_COLOUR, EDGE] = ['#e4e6e3', '1px solid #cfd2ce'];

const target = process.argv[2];
if (!target || !process.env.KKANBU_BIN) throw new Error('usage: KKANBU_BIN=… node picture.mjs <file>');

const folder = await mkdtemp(join(tmpdir(), 'kkanbu-picture-'));
const server = spawn(process.env.KKANBU_BIN, ['demo', '--folder', folder, '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const demo = JSON.parse(
  await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve)),
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  await draw();
} finally {
  await browser.close();
  server.kill();
  await rm(folder, { recursive: true, force: true });
}

async function draw() {
  const mentees = await arrive(demo.links.mentee, 'light');
  const mentors = await arrive(demo.links.mentor, 'dark');
  const [newcomer, colleague] = mentees;
  const [senior, other] = mentors;
  await say(
    newcomer,
    '발령받은 지 두 달 됐습니다. 민원 전화를 받으면 아직 머리가 하얘져요. 다들 처음엔 어떠셨나요?',
  );
  await answer(
    senior,
    '민원 전화를',
    '저는 첫 달에 수화기 들기 전에 심호흡부터 했습니다. 자주 오는 질문만 한 장에 적어 붙여 두세요. 반은 해결됩니다.',
  );
  await react(newcomer, '심호흡부터', '🙏');
  await react(colleague, '심호흡부터', '🙏');
  await say(colleague, '저만 그런 줄 알았는데 위로가 되네요.');
  await say(
    other,
    '모르면 “확인하고 다시 전화드리겠습니다”라고 하셔도 괜찮아요. 틀린 답보다 늦은 답이 낫습니다.',
  );
  await react(newcomer, '늦은 답이', '👍');
  await react(senior, '늦은 답이', '👍');
  await answer(newcomer, '늦은 답이', '마음이 놓입니다. 내일 바로 해 볼게요!');
  const views = [];
  for (const page of [newcomer, senior]) {
    await page.bringToFront();
    // How big the room is was told on the way in; by now it has filled.
    await page.reload();
    await page.locator('.log .body', { hasText: '내일 바로 해 볼게요!' }).waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.waitForTimeout(500);
    views.push(await page.screenshot());
  }
  await compose(views);
}

/** Each in a browser profile of their own, as on phones of their own. */
async function arrive(link, colorScheme) {
  const pages = [];
  for (let person = 0; person < OF_EACH; person += 1) {
    const context = await browser.newContext({
      viewport: PHONE,
      deviceScaleFactor: SCALE,
      isMobile: true,
      hasTouch: true,
      locale: 'ko-KR',
      timezoneId: 'Asia/Seoul',
      colorScheme,
    });
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: '들어가기' }).click();
    await page.getByTestId('room-plaza').click();
    await page.getByTestId('composer').waitFor();
    pages.push(page);
  }
  return pages;
}

async function say(page, body) {
  await page.bringToFront();
  await page.getByTestId('composer').fill(body);
  await page.getByTestId('send').click();
  // Confirmed, so that the next one comes after it.
  await page.getByTestId('post').locator('.body', { hasText: body }).waitFor();
}

async function act(page, body, name) {
  await page.bringToFront();
  const post = page
    .getByTestId('post')
    .filter({ has: page.locator('.bubble > .body', { hasText: body }) })
    .first();
  await post.locator('.act').click();
  await page.getByTestId('post-actions').getByRole('button', { name, exact: true }).click();
}

async function answer(page, body, words) {
  await act(page, body, '답글 쓰기');
  await say(page, words);
}

async function react(page, body, reaction) {
  await act(page, body, reaction);
  await page.locator('.chip[aria-pressed=true]', { hasText: reaction }).first().waitFor();
}

async function compose(views) {
  const width = 2 * PHONE.width + 96;
  const viewport = { width, height: PHONE.height + 64 };
  const page = await browser.newPage({ viewport, deviceScaleFactor: SCALE });
  const images = views.map(
    (view) => `<img src="data:image/png;base64,${view.toString('base64')}" width="${PHONE.width}">`,
  );
  await page.setContent(
    `<style>body{margin:0;display:flex;gap:32px;justify-content:center;padding:32px 0;background:${PAGE_COLOUR}}
     img{border-radius:28px;border:${EDGE}}</style>${images.join('')}`,
  );
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await page.screenshot({ path: target });
}
