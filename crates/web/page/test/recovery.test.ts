// Twelve words and a file: what they give, how people write them down, and what is said when they are wrong.

import { expect, test } from 'vitest';
import { fileOf, readWords, seedOf, wordsOf } from '../src/sdk';

const seed = Uint8Array.from({ length: 16 }, (_, index) => index * 7);

test('the words are BIP-39’s', async () => {
  // From the standard's own test vectors.
  expect((await wordsOf(new Uint8Array(16), 'en')).join(' ')).toBe(`${'abandon '.repeat(11)}about`);
  expect((await wordsOf(new Uint8Array(16).fill(0x7f), 'en')).join(' ')).toBe(
    'legal winner thank year wave sausage worth useful legal winner thank yellow',
  );
});

test.each(['ko', 'en'] as const)('%s words give the seed back, composed or not', async (language) => {
  const words = await wordsOf(seed, language);
  expect(words).toHaveLength(12);
  expect(words.join('')).toBe(words.join('').normalize('NFC'));
  expect(await seedOf(words)).toEqual(seed);
  expect(await seedOf(words.map((word) => word.normalize('NFD')))).toEqual(seed);
});

test('what is wrong with words is named', async () => {
  const words = await wordsOf(seed, 'ko');
  expect(await seedOf(words.slice(1))).toEqual({ kind: 'count', count: 11 });
  expect(await seedOf([...words.slice(0, 11), '깐부'])).toEqual({ kind: 'unknown', word: '깐부' });
  expect(await seedOf([...words.slice(0, 11), 'abandon'])).toEqual({ kind: 'unknown', word: 'abandon' });
  const turned = [...words.slice(1), words[0] ?? ''];
  expect(await seedOf(turned)).toEqual({ kind: 'checksum' });
});

test('words are read however they were written down', () => {
  const words = ['가격', '가끔', '가난'];
  for (const text of [
    '가격 가끔 가난',
    ' 1. 가격\n2. 가끔\r\n3. 가난 ',
    '1)가격, 2)가끔, 3)가난.',
    '가격\t가끔\n\n가난',
  ])
    expect(readWords(text).words).toEqual(words);
  expect(readWords('Abandon ABOUT').words).toEqual(['abandon', 'about']);
});

test('a file names its server and programme, and is read back', async () => {
  const words = await wordsOf(seed, 'ko');
  const file = fileOf('https://rooms.example', 'anyang-2022', words, '설명 words: not these\r\nExplanation.');
  expect(readWords(file)).toEqual({ words, server: 'https://rooms.example', programme: 'anyang-2022' });
  expect(readWords(file.replaceAll('\r\n', '\n')).programme).toBe('anyang-2022');
});
