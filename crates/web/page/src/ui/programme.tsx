// The programme once one is in: the list of rooms and the open room; side by side where there is room for both.

import { useEffect } from 'preact/hooks';
import type { Welcome } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import { currentRoom, openRoom } from '../state/route';
import { text } from '../text';
import { Room } from './room';
import { RoomList } from './room-list';
import { StatusLine } from './status';
import { isWide } from './viewport';

export function Programme({ programme, welcome }: { programme: ProgrammeState; welcome: Welcome }) {
  const open = currentRoom.value;
  const room = open === null ? null : programme.room(open);
  useOnlyRoom(programme);
  return (
    <div class="programme" data-showing={room ? 'room' : 'list'}>
      <RoomList programme={programme} welcome={welcome} />
      {room ? (
        <Room key={room.id} programme={programme} room={room} welcome={welcome} />
      ) : (
        <div class="no-room">
          <p>{text.value.rooms.pick}</p>
        </div>
      )}
      <StatusLine programme={programme} />
    </div>
  );
}

/** On a wide screen an empty right half is no use: the first room is opened. */
function useOnlyRoom(programme: ProgrammeState): void {
  useEffect(() => {
    const first = programme.rooms.value[0];
    const none = currentRoom.value === null || !programme.room(currentRoom.value);
    if (first && none && isWide() && first.handle.value !== null) openRoom(first.id);
  }, []);
}
