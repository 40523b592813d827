// Against the contract's tables: every code is dealt with as they say, and has a sentence in every language.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CLOSE_CODES, REJECT_CODES, ROOM_END_CODES } from '../../../../proto/kkanbu';
import { Rejection } from '../src/sdk';
import { comesBack } from '../src/sdk/backoff';
import { isTemporary, roomComesBack } from '../src/sdk/ends';
import { en } from '../src/text/en';
import { ko } from '../src/text/ko';

const table = readFileSync(new URL('../../../../proto/codes.md', import.meta.url), 'utf8');
const sections = table.split('\n## ').slice(1);
const rows = (section: number) =>
  [...(sections[section] ?? '').matchAll(/^\| (-?\d+) \| `(\w+)` \| (yes|no) \|/gm)].map(
    ([, number, name = '', again]) => ({ number: Number(number), name, again: again === 'yes' }),
  );
/** The server knows these by now, and the tables will have them when they are next written; nothing else here need change. */
const COMING = [
  'slow_mode',
  'room_not_open',
  'room_closed',
  'muted',
  'removed',
  'not_a_question',
  'may_not_answer',
  'post_hidden',
];
const COMING_ENDS = [2502];
const [rejects, roomEnds, closes] = [rows(0), rows(1), rows(2)];

test('the tables have been read whole', () => {
  expect(rejects.map(({ name }) => name)).toEqual(Object.keys(REJECT_CODES));
  expect(roomEnds.map(({ name }) => name)).toEqual(Object.keys(ROOM_END_CODES));
  expect(closes.map(({ name }) => name)).toEqual(Object.keys(CLOSE_CODES));
});

test.each(rejects)('$name is sent again or not, as the table says', ({ number, name, again }) => {
  expect(isTemporary(new Rejection({ code: number, message: name }))).toBe(again);
});
test.each(roomEnds)('$name is resumed or not, as the table says', ({ number, again }) => {
  expect(roomComesBack(number)).toBe(again);
});
test.each(closes)('$name comes back or not, as the table says', ({ number, again }) => {
  expect(comesBack(number)).toBe(again);
});

describe.each([
  ['ko', ko],
  ['en', en],
])('in %s', (_, text) => {
  const sentence = /.{8,}[.…]$/;
  test.each(rejects)('$name has a sentence', ({ name }) => {
    expect(text.refusals[name]).toMatch(sentence);
  });
  test.each(roomEnds)('$name has a sentence', ({ number }) => {
    expect(text.roomEnds[number]).toMatch(sentence);
  });
  test.each(closes)('$name has a sentence', ({ number }) => {
    expect(text.closings[number]).toMatch(sentence);
  });
  test('and no sentence is for nothing', () => {
    const names = new Set([...rejects.map(({ name }) => name), ...COMING]);
    expect(Object.keys(text.refusals).sort()).toEqual([...names].sort());
    expect(Object.keys(text.closings).map(Number)).toEqual(closes.map(({ number }) => number));
    const ends = new Set([...roomEnds.map(({ number }) => number), ...COMING_ENDS]);
    expect(Object.keys(text.roomEnds).map(Number)).toEqual([...ends]);
  });
});
