// What keeps the page from the server, in plain words, and what can be done about it.

import { useSignal } from '@preact/signals';
import { socketUrl } from '../sdk';
import type { Barrier } from '../state/barrier';
import type { ProgrammeState } from '../state/programme';
import { text } from '../text';
import { CopyButton } from './copy-button';
import { Dialog } from './dialog';
import { Notice } from './notice';

export function barrierText(barrier: Barrier): { title: string; body: string } {
  const { barrier: words } = text.value;
  return { title: words[`${barrier}Title`], body: words[barrier] };
}

/** Before anything of the programme can be shown. */
export function BarrierNotice({ programme, barrier }: { programme: ProgrammeState; barrier: Barrier }) {
  const { title, body } = barrierText(barrier);
  return (
    <Notice title={title} body={body}>
      {barrier === 'websocket' && <Request />}
      <button type="button" class="button" onClick={() => programme.tryAgain()}>
        {text.value.barrier.retry}
      </button>
    </Notice>
  );
}

/** Over the programme, from the line that says that the connection is gone. */
export function BarrierDetails({ barrier }: { barrier: Barrier }) {
  const { barrier: words, close } = text.value;
  const open = useSignal(false);
  const { title, body } = barrierText(barrier);
  return (
    <>
      <button type="button" class="button small" onClick={() => (open.value = true)}>
        {words.details}
      </button>
      {open.value && (
        <Dialog
          kind="card"
          labelledBy="barrier-title"
          testId="barrier-dialog"
          onClose={() => (open.value = false)}
        >
          <h3 id="barrier-title">{title}</h3>
          <p>{body}</p>
          {barrier === 'websocket' && <Request />}
          <div class="buttons">
            <button type="button" class="button" onClick={() => (open.value = false)}>
              {close}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** For the people who run the network, in their words. */
function Request() {
  const { barrier: words, place } = text.value;
  const request = words.request(socketUrl(location.origin));
  return (
    <div class="request" data-testid="request">
      <h4>{words.forIt}</h4>
      <p>{request}</p>
      <CopyButton class="button quiet small" label={words.copy} copied={place.copied} what={request} />
    </div>
  );
}
