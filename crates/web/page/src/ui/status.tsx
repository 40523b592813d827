// How the connection is doing, said calmly: nothing while it works, one quiet line when it does not.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ProgrammeState } from '../state/programme';
import { text } from '../text';
import type { Barrier } from '../state/barrier';
import { endText } from '../text/ends';
import { reloadFresh } from '../state/update';
import { BarrierDetails, barrierText } from './barrier';

const BACK_SHOWN_MS = 2_500;

/** Floats over the page, so that nothing moves when it comes or goes. */
export function StatusLine({ programme }: { programme: ProgrammeState }) {
  const { status: words, ended, closings } = text.value;
  const code = programme.breakCode.value;
  const interrupted = programme.interrupted.value;
  const barrier = programme.barrier.value;
  const back = useJustBack(interrupted);
  const status = programme.status.value;
  if (status.kind === 'ended') {
    return (
      <div class="status-line over" role="alert" data-testid="status">
        <span>{endText(status.reason)}</span>
        <button type="button" class="button small" onClick={() => void reloadFresh()}>
          {ended.reload}
        </button>
      </div>
    );
  }
  const line = interrupted
    ? programme.welcome.value
      ? awayText(barrier) || (code !== null && closings[code]) || words.reconnecting
      : words.connecting
    : back
      ? words.back
      : '';
  return (
    <div
      class="status-line"
      role="status"
      data-shown={line !== ''}
      data-kind={interrupted ? 'away' : 'back'}
      data-testid="status"
    >
      <span>{line}</span>
      {interrupted && barrier === 'websocket' && <BarrierDetails barrier={barrier} />}
    </div>
  );
}

/** A server that is away comes back by itself; for the rest the person can do something. */
function awayText(barrier: Barrier | null): string {
  if (barrier === 'offline') return `${barrierText(barrier).title}. ${barrierText(barrier).body}`;
  return barrier === 'websocket' ? barrierText(barrier).title : '';
}

function useJustBack(interrupted: boolean): boolean {
  const wasAway = useSignal(false);
  const back = useSignal(false);
  useEffect(() => {
    if (interrupted) {
      wasAway.value = true;
      back.value = false;
      return;
    }
    if (!wasAway.value) return;
    wasAway.value = false;
    back.value = true;
    const timer = setTimeout(() => (back.value = false), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [interrupted]);
  return back.value;
}
