// Which screen is shown: by the address, by what the browser can do, and by how far the person has come.

import { useEffect, useMemo } from 'preact/hooks';
import { hasWebCrypto } from './sdk';
import type { EndReason, JoinLink } from './sdk';
import { ProgrammeState } from './state/programme';
import { currentLink, openLink } from './state/route';
import { reloadFresh } from './state/update';
import { idOf } from './state/vault';
import { text } from './text';
import { endText } from './text/ends';
import { Briefing } from './ui/about';
import { Home } from './ui/home';
import { Notice } from './ui/notice';
import { Programme } from './ui/programme';
import { RestoreForm } from './ui/restore';
import { UpdateLine } from './ui/update';
import { useViewportHeight } from './ui/viewport';
import { Welcome } from './ui/welcome';
import { Words } from './ui/words';

export function App() {
  useViewportHeight();
  return (
    <>
      <Screen />
      <UpdateLine />
    </>
  );
}

function Screen() {
  const link = currentLink.value;
  const { trouble } = text.value;
  if (!hasWebCrypto()) return <Notice title={trouble.insecureTitle} body={trouble.insecure} />;
  if (!link) return <Home />;
  return <ProgrammePage key={idOf(link)} link={link} />;
}

function ProgrammePage({ link }: { link: JoinLink }) {
  const programme = useMemo(() => new ProgrammeState(link), [link]);
  useEffect(() => follow(programme), [programme]);
  useTitle(programme);

  const { trouble } = text.value;
  const status = programme.status.value;
  const welcome = programme.welcome.value;
  if (programme.storageFailed.value) return <Notice title={trouble.storageTitle} body={trouble.storage} />;
  if (status.kind === 'ended' && !welcome) return <Ended reason={status.reason} />;
  if (programme.showingWords.value) return <Words programme={programme} />;
  if (welcome && programme.briefing.value) return <Briefing programme={programme} info={welcome.programme} />;
  if (welcome) return <Programme programme={programme} welcome={welcome} />;
  if (programme.keyMissing.value) return <KeyMissing programme={programme} />;
  return <Welcome programme={programme} />;
}

/** Runs the session as long as the page shows the programme, and looks after it when the page comes back to life. */
function follow(programme: ProgrammeState): () => void {
  const wake = (): void => {
    if (document.visibilityState === 'visible') programme.wake();
  };
  void programme.start();
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  // A connection that is gone looks like a quiet one until it is asked.
  window.addEventListener('offline', wake);
  return () => {
    document.removeEventListener('visibilitychange', wake);
    window.removeEventListener('online', wake);
    window.removeEventListener('offline', wake);
    programme.stop();
  };
}

function useTitle(programme: ProgrammeState): void {
  const known = programme.welcome.value ?? programme.preview.value;
  const name = known?.programme.name ?? text.value.appName;
  const unread = programme.unread.value;
  const title = unread > 0 ? `(${unread}) ${name}` : name;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** The address is of a place that this browser has no key for. */
function KeyMissing({ programme }: { programme: ProgrammeState }) {
  const { restore, ended } = text.value;
  return (
    <Notice title={restore.missingTitle} body={restore.missing}>
      <RestoreForm link={programme.link} onRestored={() => void programme.start()} />
      <button type="button" class="button quiet" onClick={() => openLink(null)}>
        {ended.home}
      </button>
    </Notice>
  );
}

function Ended({ reason }: { reason: EndReason }) {
  const { ended } = text.value;
  const title = reason.kind === 'refused' ? ended.refusedTitle : ended.title;
  return (
    <Notice title={title} body={endText(reason)}>
      <button type="button" class="button" onClick={() => void reloadFresh()}>
        {ended.reload}
      </button>
      <button type="button" class="button quiet" onClick={() => openLink(null)}>
        {ended.home}
      </button>
    </Notice>
  );
}
