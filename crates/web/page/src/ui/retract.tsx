// Taking a post of one's own back: asked once, because it cannot be undone.

import { useSignal } from '@preact/signals';
import { Rejection } from '../sdk';
import type { RoomState } from '../state/room';
import { refusalText, text } from '../text';
import { Dialog } from './dialog';

interface Props {
  room: RoomState;
  offset: number;
  onClose: () => void;
}

export function RetractDialog({ room, offset, onClose }: Props) {
  const { retract: words, cancel } = text.value;
  const refusal = useSignal<string | null>(null);
  const working = useSignal(false);
  const retract = async (): Promise<void> => {
    if (working.value) return;
    working.value = true;
    try {
      await room.retract(offset);
      onClose();
    } catch (error) {
      if (error instanceof Rejection) refusal.value = error.message;
    } finally {
      working.value = false;
    }
  };
  return (
    <Dialog kind="card" labelledBy="retract-title" testId="retract-dialog" onClose={onClose}>
      <h3 id="retract-title">{words.title}</h3>
      <p>{words.body}</p>
      <p class="trouble" role="alert">
        {refusal.value !== null && refusalText(refusal.value)}
      </p>
      <div class="buttons">
        <button type="button" class="button quiet" onClick={onClose}>
          {cancel}
        </button>
        <button
          type="button"
          class="button danger"
          aria-disabled={working.value}
          onClick={() => void retract()}
        >
          {words.yes}
        </button>
      </div>
    </Dialog>
  );
}
