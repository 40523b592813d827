// One room: its bar, the conversation, and the place to write. Dialogs that concern the room are opened from here.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Welcome } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import type { RoomState } from '../state/room';
import { closeRoom } from '../state/route';
import { refusalText, text } from '../text';
import { Composer } from './composer';
import { ConfirmDialog } from './confirm';
import { BackIcon, MoreIcon } from './icons';
import { Log } from './log';
import { RoomMenu } from './room-menu';
import { hasFinePointer } from './viewport';

interface Props {
  programme: ProgrammeState;
  room: RoomState;
  welcome: Welcome;
}

export function Room({ programme, room, welcome }: Props) {
  const composer = useRef<HTMLTextAreaElement>(null);
  const asking = room.pending.value.find((pending) => pending.fate.kind === 'asking');
  const answer = (offset: number): void => {
    if (room.draft.value.editing !== undefined) room.endDraft();
    room.setDraft({ ...room.draft.value, replyTo: offset });
    composer.current?.focus();
  };
  const edit = (offset: number): void => {
    room.edit(offset);
    composer.current?.focus();
  };
  return (
    <main class="room" data-testid="room">
      <RoomBar programme={programme} room={room} />
      {room.timeline.value ? (
        <>
          <Log room={room} welcome={welcome} onReply={answer} onEdit={edit} />
          <Suspended room={room} />
          <Composer room={room} limits={welcome.limits} field={composer} />
        </>
      ) : (
        <Outside programme={programme} room={room} />
      )}
      {asking && (
        <ConfirmDialog
          key={asking.key}
          room={room}
          pending={asking}
          onFix={() => composer.current?.focus()}
        />
      )}
    </main>
  );
}

function RoomBar({ programme, room }: { programme: ProgrammeState; room: RoomState }) {
  const { rooms: words, room: roomWords, back } = text.value;
  const menuOpen = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever cannot see the screen change hears where they are now.
  useEffect(() => {
    if (!hasFinePointer()) heading.current?.focus();
  }, []);
  return (
    <header class="bar">
      <button type="button" class="icon-button only-narrow" aria-label={back} onClick={closeRoom}>
        <BackIcon />
      </button>
      <div class="bar-title">
        <h2 ref={heading} tabIndex={-1}>
          {room.summary.value.name}
        </h2>
        <p>
          {words.people(room.summary.value.size)}
          {room.handle.value !== null && (
            <>
              {' · '}
              <span class="own-handle" data-testid="own-handle">
                {room.handle.value}
              </span>
            </>
          )}
        </p>
      </div>
      {room.handle.value !== null && (
        <button
          type="button"
          class="icon-button"
          aria-label={roomWords.menu}
          aria-haspopup="dialog"
          onClick={() => (menuOpen.value = true)}
        >
          <MoreIcon />
        </button>
      )}
      {menuOpen.value && (
        <RoomMenu programme={programme} room={room} onClose={() => (menuOpen.value = false)} />
      )}
    </header>
  );
}

/** The rest goes on; this room will by itself. */
function Suspended({ room }: { room: RoomState }) {
  const code = room.suspendedBy.value;
  return (
    <p class="suspended" role="status">
      {code !== null && text.value.roomEnds[code]}
    </p>
  );
}

/** Not in the room: on the way in, refused, or gone. */
function Outside({ programme, room }: { programme: ProgrammeState; room: RoomState }) {
  const { room: words } = text.value;
  const refusal = room.joinRefusal.value;
  const ended = room.endedBy.value === null ? undefined : text.value.roomEnds[room.endedBy.value];
  if (room.joining.value || (room.handle.value !== null && refusal === null)) {
    return (
      <div class="outside">
        <p role="status">{words.joining}</p>
      </div>
    );
  }
  return (
    <div class="outside">
      <p role="alert">{refusal === null ? (ended ?? words.outside) : refusalText(refusal)}</p>
      <button type="button" class="button" onClick={() => programme.join(room.id)}>
        {words.enter}
      </button>
    </div>
  );
}
