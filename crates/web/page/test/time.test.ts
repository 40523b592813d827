// Dates as they are shown: in the programme's time zone, by the server's clock, wherever the device is and whatever it believes.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// The page's language is told to the document, which is not there without a browser.
vi.stubGlobal('document', { documentElement: {} });
vi.stubGlobal('navigator', { language: 'en-GB' });
const time = await import('../src/text/time');

/** 2026-11-22, 23:30 in Seoul; 15:30 in Berlin. */
const EVENING = Date.UTC(2026, 10, 22, 14, 30) / 60_000;
const MIDNIGHT = EVENING + 30;

beforeAll(() => time.showDatesOf('Asia/Seoul', () => EVENING));
afterAll(() => vi.unstubAllGlobals());

test('a day ends when it ends in the programme’s time zone', () => {
  expect(time.sameDay(EVENING, EVENING + 29)).toBe(true);
  expect(time.sameDay(EVENING, MIDNIGHT)).toBe(false);
  expect(time.dayText(EVENING)).toMatch(/22/);
  expect(time.dayText(MIDNIGHT)).toMatch(/23/);
});

test('what is today is told by the server’s clock', () => {
  expect(time.shortText(EVENING - 60)).toMatch(/10:30/);
  expect(time.shortText(EVENING - 1440)).toMatch(/21/);
  expect(time.pastText(EVENING - 60)).not.toMatch(/22/);
});

test('midnight is the beginning of a day, and an end at midnight is the day before', () => {
  expect(time.momentText(MIDNIGHT)).toMatch(/23/);
  expect(time.momentText(MIDNIGHT)).not.toMatch(/:/);
  expect(time.untilText(MIDNIGHT)).toMatch(/22/);
  expect(time.momentText(MIDNIGHT + 9 * 60)).toMatch(/9:00/);
});

test('a zone that this browser does not know is none', () => {
  time.showDatesOf('Mars/Olympus', () => EVENING);
  expect(() => time.momentText(EVENING)).not.toThrow();
  time.showDatesOf('Asia/Seoul', () => EVENING);
});
