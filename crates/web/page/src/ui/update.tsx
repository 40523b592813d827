// A new version of the page, told in one quiet line; and the offer to install the page as an app.

import { useSignal } from '@preact/signals';
import { installOffer, takeUpdate, updateWaiting } from '../state/update';
import { text } from '../text';

export function UpdateLine() {
  const { update: words } = text.value;
  const later = useSignal(false);
  const shown = updateWaiting.value !== null && !later.value;
  return (
    <div class="update-line" role="status" data-testid="update">
      {shown && (
        <>
          <span>{words.available}</span>
          <button type="button" class="button small" onClick={takeUpdate}>
            {words.now}
          </button>
          <button type="button" class="button small quiet" onClick={() => (later.value = true)}>
            {words.later}
          </button>
        </>
      )}
    </div>
  );
}

export function InstallButton() {
  const offer = installOffer.value;
  if (!offer) return null;
  const install = (): void => {
    installOffer.value = null;
    void offer.prompt();
  };
  return (
    <button type="button" class="button quiet wide" onClick={install}>
      {text.value.update.install}
    </button>
  );
}
