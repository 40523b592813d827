// A place brought back to a browser that has lost it, by its twelve words or the file that holds them.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { parsePasted, readWords, seedOf } from '../sdk';
import type { JoinLink, NotWords } from '../sdk';
import { loadIdentity, restoreIdentity } from '../state/vault';
import { text } from '../text';
import { Dialog } from './dialog';

interface Props {
  /** The programme, where the address names it; otherwise it is asked for. */
  link: JoinLink | null;
  onRestored: (link: JoinLink) => void;
}

/** A file that is larger is none of ours. */
const FILE_BYTES_MAX = 10_000;

export function RestoreForm({ link, onRestored }: Props) {
  const { restore: words } = text.value;
  const typed = useSignal('');
  const where = useSignal('');
  const trouble = useSignal('');
  const working = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);

  const refuse = (why: string): void => {
    trouble.value = why;
    field.current?.focus();
  };
  const restore = async (): Promise<void> => {
    if (working.value) return;
    working.value = true;
    trouble.value = '';
    try {
      const place = link ?? placeOf(where.value);
      const seed = await seedOf(readWords(typed.value).words);
      if (!(seed instanceof Uint8Array)) return refuse(notWordsText(seed));
      if (!place) return refuse(words.noProgramme);
      onRestored(await keep(place, seed));
    } catch {
      refuse(text.value.trouble.storage);
    } finally {
      working.value = false;
    }
  };
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const found = file.size > FILE_BYTES_MAX ? null : readWords(await file.text());
    if (!found?.programme) return refuse(words.unreadable);
    if (found.server !== undefined && found.server !== location.origin)
      return refuse(words.elsewhere(found.server));
    typed.value = found.words.join(' ');
    where.value = found.programme;
    await restore();
  };
  return (
    <form
      class="restore-form"
      data-testid="restore"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void restore();
      }}
    >
      <p>{words.body}</p>
      <label for="restore-words">{words.words}</label>
      <textarea
        id="restore-words"
        ref={field}
        rows={3}
        value={typed.value}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-describedby="restore-trouble"
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
      {!link && (
        <>
          <label for="restore-programme">{words.programme}</label>
          <input
            id="restore-programme"
            type="text"
            value={where.value}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => (where.value = event.currentTarget.value)}
          />
        </>
      )}
      <p id="restore-trouble" class="trouble" role="alert">
        {trouble.value}
      </p>
      <div class="buttons">
        <label class="button quiet file">
          {words.file}
          <input
            type="file"
            accept=".txt,text/plain"
            onChange={(event) => void read(event.currentTarget.files?.[0])}
          />
        </label>
        <button type="submit" class="button" aria-disabled={working.value}>
          {working.value ? words.working : words.go}
        </button>
      </div>
    </form>
  );
}

export function RestoreDialog({ link, onRestored, onClose }: Props & { onClose: () => void }) {
  const { restore: words, cancel } = text.value;
  return (
    <Dialog kind="card" labelledBy="restore-title" testId="restore-dialog" onClose={onClose}>
      <h3 id="restore-title">{words.title}</h3>
      <RestoreForm link={link} onRestored={onRestored} />
      <button type="button" class="button quiet wide" onClick={onClose}>
        {cancel}
      </button>
    </Dialog>
  );
}

/** A join link, or the programme's name as it stands beside the words. */
function placeOf(typed: string): JoinLink | null {
  const link = parsePasted(typed, location.origin);
  if (link && link !== 'elsewhere') return link;
  const programme = typed.trim();
  return /^[\w-]+$/.test(programme) ? { programme, code: '' } : null;
}

/** Another member may have come in here by the same link: then this one gets an address of its own. */
async function keep(place: JoinLink, seed: Uint8Array<ArrayBuffer>): Promise<JoinLink> {
  const link = (await loadIdentity(place)) ? { ...place, code: '' } : place;
  await restoreIdentity(link, seed);
  return link;
}

function notWordsText(why: NotWords): string {
  const { restore: words } = text.value;
  if (why.kind === 'count') return words.count(why.count);
  return why.kind === 'unknown' ? words.unknown(why.word) : words.checksum;
}
