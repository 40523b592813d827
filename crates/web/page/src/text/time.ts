// Minutes since 1970 as people read them: in the page's language, and in the programme's time zone, in which its dates are meant.
//
// What day it is today is asked of the server's clock as far as it is known; a device's may be wrong.

import { signal } from '@preact/signals';
import { language } from './index';

/** The programme's time zone; none is the device's. */
const zone = signal<string | undefined>(undefined);
let now = (): number => Date.now() / 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<number, string>();
let dayFormat: Intl.DateTimeFormat | null = null;

export function showDatesOf(timezone: string | undefined, minuteNow: () => number): void {
  now = minuteNow;
  const next = timezone !== undefined && isKnown(timezone) ? timezone : undefined;
  if (next !== zone.peek()) {
    days.clear();
    dayFormat = null;
  }
  zone.value = next;
}

function isKnown(timezone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: timezone }));
  } catch {
    // An old browser, or a zone that has been renamed.
    return false;
  }
}

/** Making a format is slow enough to notice in a long conversation. */
function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language.value} ${zone.value ?? ''} ${name}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(
    language.value,
    zone.value === undefined ? options : { ...options, timeZone: zone.value },
  );
  formats.set(key, made);
  return made;
}

export function dateOf(minute: number): Date {
  return new Date(minute * 60_000);
}

export function timeText(minute: number): string {
  return format('time', { hour: 'numeric', minute: '2-digit' }).format(dateOf(minute));
}

export function dayText(minute: number): string {
  const date = dateOf(minute);
  const thisYear = yearOf(minute) === yearOf(now());
  const day: Intl.DateTimeFormatOptions = { month: 'long', day: 'numeric', weekday: 'long' };
  return format(thisYear ? 'day' : 'year', thisYear ? day : { ...day, year: 'numeric' }).format(date);
}

export function sameDay(one: number, other: number): boolean {
  return dayOf(one) === dayOf(other);
}

/** Asked for every post at every drawing; days begin at whole quarters of an hour in every time zone. */
function dayOf(minute: number): string {
  const quarter = Math.floor(minute / 15);
  const known = days.get(quarter);
  if (known !== undefined) return known;
  dayFormat ??= new Intl.DateTimeFormat('en', zone.value === undefined ? {} : { timeZone: zone.value });
  const day = dayFormat.format(dateOf(minute));
  days.set(quarter, day);
  return day;
}

/** For a list: the time today, the date before. */
export function shortText(minute: number): string {
  if (sameDay(minute, now())) return timeText(minute);
  return format('short', { month: 'short', day: 'numeric' }).format(dateOf(minute));
}

/** For something that was: the time alone today, otherwise day and time. */
export function pastText(minute: number): string {
  return sameDay(minute, now()) ? timeText(minute) : `${dayText(minute)} ${timeText(minute)}`;
}

/**
 * For an appointment: the time alone today, otherwise day and time, with the zone where the device is in another one. Midnight is
 * the beginning of a day: the day is enough.
 */
export function momentText(minute: number): string {
  const moment = isMidnight(minute) ? dayText(minute) : pastText(minute);
  return isElsewhere(minute) ? `${moment} (${zone.value})` : moment;
}

/** For an end: until the beginning of a day means the whole day before it. */
export function untilText(minute: number): string {
  if (!isMidnight(minute)) return momentText(minute);
  return isElsewhere(minute) ? `${dayText(minute - 1)} (${zone.value})` : dayText(minute - 1);
}

function isMidnight(minute: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone.value === undefined ? {} : { timeZone: zone.value }),
  });
  return clock.format(dateOf(minute)) === '00:00';
}

function yearOf(minute: number): string {
  return format('year alone', { year: 'numeric' }).format(dateOf(minute));
}

function isElsewhere(minute: number): boolean {
  if (zone.value === undefined) return false;
  const shown = { dateStyle: 'short', timeStyle: 'short' } as const;
  const here = new Intl.DateTimeFormat('en', shown).format(dateOf(minute));
  return here !== new Intl.DateTimeFormat('en', { ...shown, timeZone: zone.value }).format(dateOf(minute));
}
