// Before a key is made where it would soon be lost: inside another app, or in a private window. One may go on all the same.

import { useSignal } from '@preact/signals';
import { addressOutside } from '../state/surroundings';
import type { App } from '../state/surroundings';
import { text } from '../text';
import { CopyButton } from './copy-button';

export type Danger = { kind: 'app'; app: App } | { kind: 'private' };

export function PlaceWarning({ danger }: { danger: Danger }) {
  const { place: words } = text.value;
  const inApp = danger.kind === 'app';
  return (
    <section class="warning" aria-labelledby="warning-title" data-testid="place-warning">
      <h2 id="warning-title">{inApp ? words.inAppTitle : words.privateTitle}</h2>
      <p>{inApp ? words.inApp(words.apps[danger.app]) : words.private}</p>
      <div class="buttons">
        {inApp && <Outside app={danger.app} />}
        <CopyButton class="button quiet" label={words.copyLink} copied={words.copied} what={location.href} />
      </div>
    </section>
  );
}

function Outside({ app }: { app: App }) {
  const { place: words } = text.value;
  const tried = useSignal(false);
  const address = addressOutside(app, location.href, navigator.userAgent);
  return (
    <>
      {address !== null && (
        <a class="button" href={address} data-testid="outside" onClick={() => (tried.value = true)}>
          {words.outside}
        </a>
      )}
      {(address === null || tried.value) && (
        <p class="fine" role="status">
          {words.byHand}
        </p>
      )}
    </>
  );
}
