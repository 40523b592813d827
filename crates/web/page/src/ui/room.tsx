// One room: its bar, the conversation, and the place to write. Dialogs that concern the room are opened from here.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import type { Welcome } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import type { RoomState } from '../state/room';
import { closeRoom } from '../state/route';
import { refusalText, text } from '../text';
import { Composer } from './composer';
import { ConfirmDialog } from './confirm';
import { Blocked, whyText } from './blocked';
import { BackIcon, ClockIcon, ClosedIcon, MoreIcon } from './icons';
import { Log } from './log';
import { Pinned } from './pinned';
import { Questions, QuestionsButton } from './questions';
import { RoomMenu } from './room-menu';
import { hasFinePointer } from './viewport';

/** Long enough to read a sentence. */
const SAID_MS = 6_000;

interface Props {
  programme: ProgrammeState;
  room: RoomState;
  welcome: Welcome;
}

export function Room({ programme, room, welcome }: Props) {
  const composer = useRef<HTMLTextAreaElement>(null);
  const target = useSignal<number | null>(null);
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
      <RoomBar programme={programme} room={room} welcome={welcome} target={target} />
      <Pinned room={room} language={welcome.programme.language} />
      {room.timeline.value ? (
        <>
          <Log room={room} welcome={welcome} target={target} onReply={answer} onEdit={edit} />
          <Suspended room={room} />
          <Said room={room} />
          {room.writing.value === 'open' ? (
            <Composer room={room} limits={welcome.limits} field={composer} />
          ) : (
            <Blocked room={room} programme={welcome.programme} next={programme.next.value} />
          )}
        </>
      ) : (
        <Outside programme={programme} room={room} welcome={welcome} />
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

function RoomBar({ programme, room, welcome, target }: Props & { target: Signal<number | null> }) {
  const { rooms: words, room: roomWords, back } = text.value;
  const menuOpen = useSignal(false);
  const questionsOpen = useSignal(false);
  const { topic } = room.summary.value;
  const phase = room.phase.value;
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
          {/* One's own handle first: on a narrow screen the end is cut off. */}
          {room.handle.value !== null && (
            <>
              <span class="own-handle" data-testid="own-handle">
                {room.handle.value}
              </span>
              {' · '}
            </>
          )}
          {(phase !== 'upcoming' || room.handle.value !== null) && words.people(room.summary.value.size)}
          {topic !== undefined && <span class="topic">{phase === 'upcoming' ? topic : ` · ${topic}`}</span>}
        </p>
      </div>
      {room.timeline.value !== null && (
        <QuestionsButton room={room} onOpen={() => (questionsOpen.value = true)} />
      )}
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
      {questionsOpen.value && (
        <Questions
          room={room}
          answers={welcome.role.answers ?? false}
          onGoTo={(offset) => {
            questionsOpen.value = false;
            target.value = offset;
          }}
          onClose={() => (questionsOpen.value = false)}
        />
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

/** What the server would not do, or could not be found: said for a moment, where one is looking. */
function Said({ room }: { room: RoomState }) {
  const refusal = room.refusal.value;
  const said = refusal === null ? room.said.value : refusalText(refusal);
  useEffect(() => {
    const timer = setTimeout(() => {
      room.refusal.value = null;
      room.said.value = '';
    }, SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <p class="suspended" role="status">
      {said}
    </p>
  );
}

/** Not in the room: on the way in, refused, not open, or gone. */
function Outside({ programme, room, welcome }: Props) {
  const { room: words } = text.value;
  const phase = room.phase.value;
  const refusal = room.joinRefusal.value;
  const { code, reason } = room.endedBy.value ?? {};
  // Codes from 3000 on are refusals: the room was gone when the page came back to it.
  const ended =
    code === undefined ? undefined : code < 3000 ? text.value.roomEnds[code] : refusalText(reason ?? '');
  if (reason === 'removed' || refusal === 'removed') return <RemovedFrom programme={programme} room={room} />;
  if (room.joining.value || (room.handle.value !== null && refusal === null)) {
    return (
      <div class="outside">
        <p role="status">{words.joining}</p>
      </div>
    );
  }
  if (room.handle.value === null && phase !== 'open') {
    return (
      <div class="outside" data-testid="not-open">
        {phase === 'closed' ? <ClosedIcon /> : <ClockIcon />}
        <p role="status">
          {phase === 'closed' ? words.closedOutside : whyText(room, 'upcoming', welcome.programme)}
        </p>
        <button type="button" class="button quiet" onClick={closeRoom}>
          {words.otherRooms}
        </button>
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

/** A moderator's decision, and what is left to do: it is no dead end. */
function RemovedFrom({ programme, room }: { programme: ProgrammeState; room: RoomState }) {
  const { room: words } = text.value;
  return (
    <div class="outside" data-testid="removed">
      <h3>{words.removedTitle}</h3>
      <p role="alert">{words.removed}</p>
      <p class="fine">{words.removedCare}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={closeRoom}>
          {words.otherRooms}
        </button>
        <button type="button" class="button quiet" onClick={() => void programme.join(room.id)}>
          {words.tryEnter}
        </button>
      </div>
    </div>
  );
}
