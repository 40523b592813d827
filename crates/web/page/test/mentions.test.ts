// Whom a text addresses.

import { expect, test } from 'vitest';
import { mentionsAt, mentionsIn } from '../src/sdk';

const handles = ['느긋한 수달', '느긋한 수달 2', '용감한 고라니', 'brave-otter'];

test.each([
  ['@느긋한 수달 감사합니다', ['느긋한 수달']],
  ['@느긋한 수달 2 감사합니다', ['느긋한 수달 2']],
  ['@용감한 고라니님, @느긋한 수달님', ['용감한 고라니', '느긋한 수달']],
  ['@용감한 고라니 @용감한 고라니', ['용감한 고라니']],
  ['(@brave-otter)', ['brave-otter']],
  ['@brave-otters', []],
  ['mail@brave-otter', []],
  ['@모르는 사람', []],
  ['용감한 고라니', []],
  ['@', []],
])('%j addresses %j', (body, expected) => expect(mentionsIn(body, handles)).toEqual(expected));

test('each place is known', () => {
  expect(mentionsAt('예, @용감한 고라니!', handles)).toEqual([
    { handle: '용감한 고라니', start: 3, end: 11 },
  ]);
});
