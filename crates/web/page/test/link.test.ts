// Join links, as they come in an address bar and as people paste them.

import { expect, test } from 'vitest';
import { fragmentOf, parseFragment, parsePasted } from '../src/sdk';

const origin = 'https://rooms.example';
const link = { programme: 'anyang-2022', code: 'ab12-cd34' };

test('a fragment is read and written the same', () => {
  expect(fragmentOf(link)).toBe('#/join/anyang-2022/ab12-cd34');
  expect(parseFragment(fragmentOf(link))).toEqual(link);
});

test('the address of a place whose link is not known has no code', () => {
  const place = { programme: 'anyang-2022', code: '' };
  expect(fragmentOf(place)).toBe('#/in/anyang-2022');
  expect(parseFragment('#/in/anyang-2022')).toEqual(place);
});

test.each([
  '',
  '#',
  '#/in',
  '#/in/',
  '#/in/x/y',
  '#/join',
  '#/join/x',
  '#/join/x/',
  '#/join/x/y/z',
  '#/leave/x/y',
  '#/join/%zz/y',
])('%j is no join link', (fragment) => expect(parseFragment(fragment)).toBeNull());

test.each([
  'https://rooms.example/#/join/anyang-2022/ab12-cd34',
  '  https://rooms.example/#/join/anyang-2022/ab12-cd34\n',
  '#/join/anyang-2022/ab12-cd34',
  'anyang-2022/ab12-cd34',
])('%j is understood when pasted', (text) => expect(parsePasted(text, origin)).toEqual(link));

test('a link to another server is told apart from nonsense', () => {
  expect(parsePasted('https://elsewhere.example/#/join/a/b', origin)).toBe('elsewhere');
  expect(parsePasted('안녕하세요', origin)).toBeNull();
});
