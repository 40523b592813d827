// The first screen of a programme: whose it is, and what is promised and what is not, before anything is written.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ProgrammeState } from '../state/programme';
import { appAround, looksPrivate } from '../state/surroundings';
import { text } from '../text';
import { AboutSections } from './about';
import { BarrierNotice } from './barrier';
import { Logo } from './icons';
import { LanguageSwitch } from './language';
import { PlaceWarning } from './place-warning';
import type { Danger } from './place-warning';
import { RestoreDialog } from './restore';
import { StatusLine } from './status';

export function Welcome({ programme }: { programme: ProgrammeState }) {
  const preview = programme.preview.value;
  const barrier = programme.barrier.value;
  if (preview && !programme.entering.value) return <Offer programme={programme} />;
  if (barrier) return <BarrierNotice programme={programme} barrier={barrier} />;
  return preview ? <Offer programme={programme} /> : <Loading programme={programme} />;
}

function Offer({ programme }: { programme: ProgrammeState }) {
  const { welcome: words, about } = text.value;
  const restoring = useSignal(false);
  const preview = programme.preview.value;
  const danger = useDanger();
  if (!preview) return null;
  const { name, organisation, language } = preview.programme;
  return (
    <main class="entrance welcome" data-testid="welcome">
      <LanguageSwitch />
      <header>
        <Logo />
        <p class="organisation">{organisation}</p>
        <h1 lang={language}>{name}</h1>
        <p class="role">{words.asRole(preview.role.name)}</p>
      </header>
      {danger && <PlaceWarning danger={danger} />}
      <section class="facts" aria-labelledby="points-title">
        <h2 id="points-title">{about.title}</h2>
        <AboutSections programme={preview.programme} />
      </section>
      <button type="button" class="button quiet wide restore" onClick={() => (restoring.value = true)}>
        {words.restore}
      </button>
      <EnterButton programme={programme} inDanger={danger !== null} />
      {restoring.value && (
        <RestoreDialog
          link={programme.link}
          onRestored={() => {
            restoring.value = false;
            void programme.start();
          }}
          onClose={() => (restoring.value = false)}
        />
      )}
      <StatusLine programme={programme} />
    </main>
  );
}

/** In danger it waits at the end of the page, and says that one knows. */
function EnterButton({ programme, inDanger }: { programme: ProgrammeState; inDanger: boolean }) {
  const { welcome: words, place } = text.value;
  const entering = programme.entering.value;
  return (
    <div class={inDanger ? 'enter last' : 'enter'}>
      <button
        type="button"
        class={inDanger ? 'button quiet large' : 'button large'}
        // Not `disabled`: that would drop the focus, and with it where a screen reader is.
        aria-disabled={entering}
        onClick={() => void programme.enter()}
      >
        {entering ? words.entering : inDanger ? place.anyway : words.enter}
      </button>
    </div>
  );
}

/** Whether a key that is made here would soon be lost. */
function useDanger(): Danger | null {
  const app = appAround(navigator.userAgent);
  const danger = useSignal<Danger | null>(app && { kind: 'app', app });
  useEffect(() => {
    if (app) return;
    void looksPrivate().then((isPrivate) => {
      if (isPrivate) danger.value = { kind: 'private' };
    });
  }, []);
  return danger.value;
}

function Loading({ programme }: { programme: ProgrammeState }) {
  const { welcome: words } = text.value;
  const card = programme.card.value;
  return (
    <main class="entrance notice" data-testid="loading">
      <LanguageSwitch />
      <Logo />
      {card && (
        <>
          <p class="organisation">{card.organisation}</p>
          <h1>{card.name}</h1>
        </>
      )}
      <p role="status">{card ? words.connecting : words.loading}</p>
      <StatusLine programme={programme} />
    </main>
  );
}
