// Minutes since 1970 as people read them, in the page's language and the device's time zone.

import { language } from './index';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow enough to notice in a long conversation. */
function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language.value} ${name}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(language.value, options);
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
  const thisYear = date.getFullYear() === new Date().getFullYear();
  const day: Intl.DateTimeFormatOptions = { month: 'long', day: 'numeric', weekday: 'long' };
  return format(thisYear ? 'day' : 'year', thisYear ? day : { ...day, year: 'numeric' }).format(date);
}

export function sameDay(one: number, other: number): boolean {
  return dateOf(one).toDateString() === dateOf(other).toDateString();
}

/** For a list: the time today, the date before. */
export function shortText(minute: number): string {
  if (sameDay(minute, Date.now() / 60_000)) return timeText(minute);
  return format('short', { month: 'short', day: 'numeric' }).format(dateOf(minute));
}
