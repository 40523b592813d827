// Both languages say the same things, and none of them says nothing.

import { expect, test } from 'vitest';
import { en } from '../src/text/en';
import { ko } from '../src/text/ko';

/** Every place in a text, with what stands there: `rooms.unread: function/1`. */
function places(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path}: function/${value.length}`];
  if (Array.isArray(value))
    return [`${path}: list/${value.length}`, ...value.flatMap((each) => blanks(each, path))];
  if (typeof value !== 'object' || value === null)
    return [`${path}: ${typeof value}`, ...blanks(value, path)];
  return Object.entries(value).flatMap(([name, each]) =>
    places(each, path === '' ? name : `${path}.${name}`),
  );
}

function blanks(value: unknown, path: string): string[] {
  return value === '' ? [`${path} is empty`] : [];
}

test('Korean and English have the same keys', () => {
  expect(places(en).sort()).toEqual(places(ko).sort());
});

test('nothing is left empty', () => {
  for (const text of [ko, en]) expect(places(text).filter((place) => place.endsWith('is empty'))).toEqual([]);
});

test('nothing Korean is left in English, but the switch and what is meant for both', () => {
  const both = ['switchLanguage', 'words.file'];
  const korean = (value: unknown, path: string): string[] => {
    if (typeof value === 'string') return /[가-힣]/.test(value) && !both.includes(path) ? [path] : [];
    if (typeof value === 'function') return /[가-힣]/.test(String(value)) ? [path] : [];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, each]) =>
      korean(each, path === '' ? name : `${path}.${name}`),
    );
  };
  expect(korean(en, '')).toEqual([]);
});
