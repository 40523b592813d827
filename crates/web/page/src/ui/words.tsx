// The twelve words of the seed, at the only moment at which they can be shown: after it was made, before it is forgotten.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fileOf, wordsOf } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import { language, text } from '../text';
import { CopyButton } from './copy-button';
import { KeyIcon } from './icons';
import { LanguageSwitch } from './language';

export function Words({ programme }: { programme: ProgrammeState }) {
  const { words: say } = text.value;
  const words = useWords(programme);
  const saved = useSignal(false);
  const { programme: id } = programme.link;
  const save = (): void => {
    if (!words.value) return;
    download(`${say.fileName}-${id}.txt`, fileOf(location.origin, id, words.value, say.file));
    saved.value = true;
  };
  return (
    <main class="entrance words" data-testid="words">
      <LanguageSwitch />
      <h1>{say.title}</h1>
      <p>{say.body}</p>
      {words.value && (
        <>
          <ol class="word-list" aria-label={say.list} lang={language.value} translate={false}>
            {words.value.map((word, index) => (
              <li key={index}>{word}</li>
            ))}
          </ol>
          <p class="word-programme">
            {say.programme}: <strong translate={false}>{id}</strong>
          </p>
        </>
      )}
      <p role="status">{words.value === null ? say.making : words.value === undefined ? say.failed : ''}</p>
      <p class="fine">{say.once}</p>
      <p class="fine" data-testid="persisted">
        {programme.persisted.value !== null && (programme.persisted.value ? say.persisted : say.notPersisted)}
      </p>
      <div class="buttons">
        <button type="button" class="button quiet" aria-disabled={!words.value} onClick={save}>
          {say.save}
        </button>
        <CopyButton
          class="button quiet"
          label={say.copy}
          copied={text.value.place.copied}
          what={words.value?.join(' ') ?? ''}
        />
        <p class="said" role="status">
          {saved.value && say.saved}
        </p>
        <button type="button" class="button large" onClick={() => programme.forgetSeed()}>
          {say.done}
        </button>
        <button
          type="button"
          class="button quiet large"
          onClick={() => (programme.showingWords.value = false)}
        >
          {say.later}
        </button>
      </div>
    </main>
  );
}

/** In the list of rooms, until the words were written down. */
export function WordsReminder({ programme }: { programme: ProgrammeState }) {
  const { words: say } = text.value;
  if (!programme.seed.value) return null;
  return (
    <div class="reminder" data-testid="words-reminder">
      <KeyIcon />
      <p>
        <strong>{say.reminderTitle}</strong> {say.reminder}
      </p>
      <button type="button" class="button small" onClick={() => (programme.showingWords.value = true)}>
        {say.show}
      </button>
    </div>
  );
}

/** Null while they are made, undefined when the list of words could not be loaded. */
function useWords(programme: ProgrammeState) {
  const words = useSignal<string[] | null | undefined>(null);
  const [seed, spoken] = [programme.seed.value, language.value];
  useEffect(() => {
    if (!seed) return;
    let current = true;
    wordsOf(seed, spoken).then(
      (made) => current && (words.value = made),
      () => current && (words.value = undefined),
    );
    return () => void (current = false);
  }, [seed, spoken]);
  return words;
}

function download(name: string, content: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  // The download has taken it up by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
