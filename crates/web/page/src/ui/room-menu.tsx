// What one can do with a room as a whole: see and redraw one's handle, and leave.

import { useSignal } from '@preact/signals';
import { Rejection } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import type { RoomState } from '../state/room';
import { closeRoom } from '../state/route';
import { refusalText, text } from '../text';
import { Avatar } from './avatar';
import { Dialog } from './dialog';
import { InfoIcon, LeaveIcon, RedrawIcon } from './icons';
import { AboutDialog } from './about';

interface Props {
  programme: ProgrammeState;
  room: RoomState;
  onClose: () => void;
}

export function RoomMenu({ programme, room, onClose }: Props) {
  const leaving = useSignal(false);
  const reading = useSignal(false);
  const info = programme.welcome.value?.programme;
  if (leaving.value) return <LeaveDialog programme={programme} room={room} onClose={onClose} />;
  if (reading.value && info) return <AboutDialog programme={info} onClose={onClose} />;
  const { room: words, about, close } = text.value;
  return (
    <Dialog kind="sheet" labelledBy="menu-title" testId="room-menu" onClose={onClose}>
      <h3 id="menu-title" class="fine">
        {words.yourHandle}
      </h3>
      <Handle room={room} />
      <button type="button" class="menu-item" onClick={() => (reading.value = true)}>
        <InfoIcon />
        {about.open}
      </button>
      <button type="button" class="menu-item danger" onClick={() => (leaving.value = true)}>
        <LeaveIcon />
        {words.leave}
      </button>
      <button type="button" class="button quiet wide" onClick={onClose}>
        {close}
      </button>
    </Dialog>
  );
}

function Handle({ room }: { room: RoomState }) {
  const { room: words } = text.value;
  const said = useSignal('');
  const handle = room.handle.value ?? '';
  const hasPosted = room.timeline.value?.posts.some((post) => room.isMine(post)) ?? false;
  const redraw = async (): Promise<void> => {
    try {
      said.value = words.redrawn(await room.redraw());
    } catch (error) {
      said.value = error instanceof Rejection ? refusalText(error.message) : '';
    }
  };
  return (
    <>
      <p class="menu-handle">
        <Avatar handle={handle} />
        <strong>{handle}</strong>
      </p>
      {!hasPosted && (
        <>
          <button type="button" class="menu-item" onClick={redraw}>
            <RedrawIcon />
            <span>
              {words.redraw}
              <small>{words.redrawHint}</small>
            </span>
          </button>
          <p class="said" role="status">
            {said.value}
          </p>
        </>
      )}
    </>
  );
}

function LeaveDialog({ programme, room, onClose }: Props) {
  const { room: words, cancel } = text.value;
  const leave = (): void => {
    onClose();
    closeRoom();
    // A refusal needs no word: the room is then still in the list, as it was.
    programme.leave(room.id).catch(() => undefined);
  };
  return (
    <Dialog kind="card" labelledBy="leave-title" testId="leave-dialog" onClose={onClose}>
      <h3 id="leave-title">{words.leaveTitle(room.summary.value.name)}</h3>
      <p>{words.leaveBody}</p>
      <div class="buttons">
        <button type="button" class="button quiet" onClick={onClose}>
          {cancel}
        </button>
        <button type="button" class="button danger" onClick={leave}>
          {words.leaveYes}
        </button>
      </div>
    </Dialog>
  );
}
