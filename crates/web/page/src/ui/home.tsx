// The page without a join link: what this is, a field for a link, and where this browser has been before.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { parsePasted } from '../sdk';
import { openLink } from '../state/route';
import { idOf, listIdentities } from '../state/vault';
import type { Identity } from '../state/vault';
import { text } from '../text';
import { Logo } from './icons';
import { LanguageSwitch } from './language';
import { RestoreDialog } from './restore';

export function Home() {
  const { home, appName } = text.value;
  useEffect(() => {
    document.title = appName;
  }, [appName]);
  return (
    <main class="entrance" data-testid="home">
      <LanguageSwitch />
      <Logo />
      <h1>{home.title}</h1>
      <p>{home.intro}</p>
      <LinkForm />
      <JoinedList />
      <Restore />
    </main>
  );
}

function LinkForm() {
  const { home } = text.value;
  const trouble = useSignal<'notALink' | 'elsewhere' | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const link = parsePasted(field.current?.value ?? '', location.origin);
    if (link && link !== 'elsewhere') return openLink(link);
    trouble.value = link ?? 'notALink';
    field.current?.focus();
  };
  return (
    <form class="link-form" onSubmit={submit} noValidate>
      <label for="link">{home.pasteLabel}</label>
      <div class="link-row">
        <input
          id="link"
          ref={field}
          type="text"
          inputMode="url"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder={home.pastePlaceholder}
          aria-invalid={trouble.value !== null}
          aria-describedby="link-trouble"
          onInput={() => (trouble.value = null)}
        />
        <button type="submit" class="button">
          {home.open}
        </button>
      </div>
      <p id="link-trouble" class="trouble" role="alert">
        {trouble.value && home[trouble.value]}
      </p>
    </form>
  );
}

/** For who has neither the link any more nor the place. */
function Restore() {
  const { restore: words } = text.value;
  const open = useSignal(false);
  return (
    <>
      <button type="button" class="button quiet wide restore" onClick={() => (open.value = true)}>
        {words.open}
      </button>
      {open.value && <RestoreDialog link={null} onRestored={openLink} onClose={() => (open.value = false)} />}
    </>
  );
}

function JoinedList() {
  const { home } = text.value;
  const joined = useSignal<Identity[]>([]);
  useEffect(() => {
    listIdentities().then(
      (identities) => (joined.value = identities.filter((identity) => identity.card)),
      // Without storage there is nothing to list; opening a link will say so.
      () => undefined,
    );
  }, []);
  if (joined.value.length === 0) return null;
  return (
    <section class="joined" aria-labelledby="joined-title">
      <h2 id="joined-title">{home.joined}</h2>
      <ul>
        {joined.value.map((identity) => (
          <li key={idOf(identity)}>
            <button type="button" class="card" onClick={() => openLink(identity)}>
              <strong>{identity.card?.name}</strong>
              <span>
                {identity.card?.organisation} · {identity.card?.role}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p class="fine">{home.forgetful}</p>
    </section>
  );
}
