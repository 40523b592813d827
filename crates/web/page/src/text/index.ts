// Which language the page speaks: the browser's at first, then what the person chose, remembered in this browser.

import { computed, effect, signal } from '@preact/signals';
import { en } from './en';
import { ko } from './ko';
import type { Text } from './ko';

export type Language = 'ko' | 'en';

const REMEMBERED = 'kkanbu.language';
const texts: Record<Language, Text> = { ko, en };

export const language = signal<Language>(firstLanguage());
/** `text.value.…`: a component that reads it is drawn again when the language changes. */
export const text = computed(() => texts[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});

export function switchLanguage(): void {
  language.value = language.value === 'ko' ? 'en' : 'ko';
  try {
    localStorage.setItem(REMEMBERED, language.value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function refusalText(name: string): string {
  return text.value.refusals[name] ?? text.value.refusalUnknown(name);
}

function firstLanguage(): Language {
  const chosen = remembered();
  if (chosen === 'ko' || chosen === 'en') return chosen;
  return navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}
