// A place that a browser has lost, brought back by twelve words or a file, with the join link and without.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, Watch, World, isAccessible, keysKept, picture, wipe } from './lib.mjs';

let world;

before(async () => (world = await World.begin()));
after(() => world?.end());

/** Somebody who has posted in the plaza, and has their words and their file. */
async function withWords() {
  const context = await world.context();
  const watch = new Watch();
  const person = await Person.arrives(context, world.demo.links.mentee, watch);
  const { page } = person;
  await page.getByRole('button', { name: '들어가기', exact: true }).click();
  await page.locator('.word-list').waitFor();
  const words = await page.locator('.word-list li').allInnerTexts();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '파일로 저장' }).click(),
  ]);
  const file = join(world.folder, `recovery-${Math.random()}.txt`);
  await download.saveAs(file);
  await picture(page, 'words');
  await page.getByRole('button', { name: '적어 두었습니다' }).click();
  await person.opens();
  await page.getByTestId('composer').waitFor();
  const body = `잃어버리기 전의 글 ${Math.random()}`;
  await person.says(body);
  await person.sees(body);
  return { context, watch, person, words, file, body, handle: await person.handle() };
}

/** The same person again: the same handle, and the post is their own. */
async function isTheSame({ person, body, handle }) {
  const { page } = person;
  await page.getByTestId('briefing').getByRole('button', { name: '알겠습니다' }).click();
  if (await page.getByTestId('room-plaza').isVisible()) await person.opens();
  await page.getByTestId('composer').waitFor();
  assert.equal(await person.handle(), handle);
  await page.locator('.row.mine .body', { hasText: body }).waitFor();
}

test('storage is wiped, and twelve words bring the place back by the join link', async () => {
  const lost = await withWords();
  const { page } = lost.person;
  assert.equal(lost.words.length, 12);
  await wipe(page);
  await page.reload();
  await page.getByTestId('welcome').waitFor();
  await page.getByRole('button', { name: /자리 되찾기/ }).click();
  const form = page.getByTestId('restore');
  const field = form.getByLabel('복구 단어 12개');
  await field.fill(lost.words.slice(0, 11).join(' '));
  await form.getByRole('button', { name: '되찾기' }).click();
  await form.getByText('지금은 11개입니다').waitFor();
  await field.fill([...lost.words.slice(0, 11), '깐부'].join(' '));
  await form.getByRole('button', { name: '되찾기' }).click();
  await form.getByText('복구 단어가 아닌 것이 있습니다: ‘깐부’').waitFor();
  await picture(page, 'restore-trouble');
  // As people write them down: numbered, and with line breaks.
  await field.fill(lost.words.map((word, index) => `${index + 1}. ${word}`).join('\n'));
  await form.getByRole('button', { name: '되찾기' }).click();
  await isTheSame(lost);
  lost.watch.isClean();
  await lost.context.close();
});

test('without any link, words and the programme’s name bring the place back', async () => {
  const lost = await withWords();
  const { page } = lost.person;
  await wipe(page);
  await page.goto(world.demo.url);
  await page.getByRole('button', { name: '복구 단어나 파일로 자리 되찾기' }).click();
  const form = page.getByTestId('restore');
  await form.getByLabel('복구 단어 12개').fill(lost.words.join(' '));
  await form.getByRole('button', { name: '되찾기' }).click();
  await form.getByText('프로그램 이름이나 참여 링크를 써 주세요').waitFor();
  await form.getByLabel(/프로그램/).fill('anyang-2022');
  await form.getByRole('button', { name: '되찾기' }).click();
  await isTheSame(lost);
  assert.match(page.url(), /#\/in\/anyang-2022$/);
  await page.reload();
  await page.getByTestId('composer').waitFor();
  lost.watch.isClean();
  await lost.context.close();
});

test('without any link, the file alone brings the place back, in another browser too', async () => {
  const lost = await withWords();
  await lost.context.close();
  const context = await world.context();
  const person = await Person.arrives(context, world.demo.url);
  await person.page.getByRole('button', { name: '복구 단어나 파일로 자리 되찾기' }).click();
  const choose = person.page.getByTestId('restore').locator('input[type=file]');
  const foreign = join(world.folder, 'foreign.txt');
  const written = await readFile(lost.file, 'utf8');
  assert.match(written, /programme: anyang-2022/);
  await writeFile(foreign, written.replace(/server: .*/, 'server: https://elsewhere.example'));
  await choose.setInputFiles(foreign);
  await person.page.getByText('https://elsewhere.example 주소로').waitFor();
  await choose.setInputFiles(lost.file);
  await isTheSame({ ...lost, person });
  await context.close();
});

test('an address without its key, and words that have no place, are explained', async () => {
  const context = await world.context();
  const { page } = await Person.arrives(context, `${world.demo.url}/#/in/anyang-2022`);
  await page.getByRole('heading', { name: '이 브라우저에는 열쇠가 없습니다' }).waitFor();
  await isAccessible(page, 'key missing');
  const nobody = `${'abandon '.repeat(11)}about`;
  await page.getByTestId('restore').getByLabel('복구 단어 12개').fill(nobody);
  await page.getByTestId('restore').getByRole('button', { name: '되찾기' }).click();
  await page.getByRole('heading', { name: '들어갈 수 없습니다' }).waitFor();
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(keysKept), 0, 'a key without a place is not kept');
  await context.close();
});

test('the words can be put off, and are gone with the page', async () => {
  const context = await world.context();
  const person = await Person.arrives(context, world.demo.links.mentor);
  const { page } = person;
  await person.comesIn();
  await page.getByTestId('words-reminder').getByRole('button', { name: '단어 보기' }).click();
  await page.locator('.word-list').waitFor();
  await page.getByRole('button', { name: '나중에 하기' }).click();
  await page.reload();
  await page.getByTestId('rooms').waitFor();
  assert.equal(await page.getByTestId('words-reminder').count(), 0);
  const extractable = await page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('kkanbu', 1);
      request.onsuccess = () => resolve(request.result);
    });
    const all = database.transaction('identities').objectStore('identities').getAll();
    await new Promise((resolve) => (all.onsuccess = resolve));
    database.close();
    return all.result.map(({ keys }) => [keys.seed.extractable, keys.privateKey?.extractable]);
  });
  assert.deepEqual(extractable, [[false, false]], 'nothing in the browser can read the seed');
  await context.close();
});
