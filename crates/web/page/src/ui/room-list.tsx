// The rooms of a programme, each with its size as a band, what is new, and its latest post.

import { useSignal } from '@preact/signals';
import { isReadable } from '../sdk';
import type { Welcome } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import type { RoomState } from '../state/room';
import { currentRoom, openLink, openRoom } from '../state/route';
import { text } from '../text';
import { dateOf, momentText, shortText, untilText } from '../text/time';
import { AboutDialog } from './about';
import { nextText } from './blocked';
import { BackIcon, ClockIcon, ClosedIcon, InfoIcon, PauseIcon, PeopleIcon, QuestionIcon } from './icons';
import { LanguageSwitch } from './language';
import { goneText } from './post';
import { InstallButton } from './update';
import { WordsReminder } from './words';

export function RoomList({ programme, welcome }: { programme: ProgrammeState; welcome: Welcome }) {
  const { rooms: words, ended, about } = text.value;
  const aboutOpen = useSignal(false);
  const next = programme.next.value;
  const rooms = programme.rooms.value;
  return (
    <nav class="rooms" aria-labelledby="rooms-title" data-testid="rooms">
      <header class="bar">
        <button type="button" class="icon-button" aria-label={ended.home} onClick={() => openLink(null)}>
          <BackIcon />
        </button>
        <div class="bar-title">
          <h1 id="rooms-title">{welcome.programme.name}</h1>
          <p>
            {welcome.programme.organisation} · {welcome.role.name}
          </p>
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label={about.open}
          aria-haspopup="dialog"
          data-testid="about-button"
          onClick={() => (aboutOpen.value = true)}
        >
          <InfoIcon />
        </button>
        <LanguageSwitch />
      </header>
      {aboutOpen.value && (
        <AboutDialog programme={welcome.programme} onClose={() => (aboutOpen.value = false)} />
      )}
      <div class="room-scroll">
        <WordsReminder programme={programme} />
        <ul class="room-list">
          {rooms.map((room) => (
            <RoomItem key={room.id} programme={programme} room={room} />
          ))}
        </ul>
        {rooms.length === 0 && <p class="empty">{words.empty}</p>}
        {next && (
          <p class="next" data-testid="next">
            <ClockIcon />
            {nextText(next)}
          </p>
        )}
        <InstallButton />
      </div>
    </nav>
  );
}

function RoomItem({ programme, room }: { programme: ProgrammeState; room: RoomState }) {
  const { rooms: words } = text.value;
  const { name, size, topic } = room.summary.value;
  const questions = room.questions.value.length;
  // One is not in it and cannot come in: what would be shown of it says nothing.
  const away = room.handle.value === null && room.phase.value !== 'open';
  const unread = room.unread.value;
  const latest = room.latest.value;
  const open = (): void => {
    openRoom(room.id);
    if (room.handle.value === null && room.phase.value === 'open') void programme.join(room.id);
  };
  return (
    <li>
      <button
        type="button"
        class="room-item"
        aria-current={currentRoom.value === room.id ? 'page' : undefined}
        data-testid={`room-${room.id}`}
        onClick={open}
      >
        <span class="room-top">
          <strong class="room-name">{name}</strong>
          {latest && <time dateTime={dateOf(latest.minute).toISOString()}>{shortText(latest.minute)}</time>}
        </span>
        {topic !== undefined && <span class="room-topic">{topic}</span>}
        {!away && (
          <span class="room-latest">
            <span class="excerpt">
              <Excerpt room={room} />
            </span>
            {unread > 0 && (
              <span class="unread">
                <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
                <span class="hidden">{words.unread(unread)}</span>
              </span>
            )}
          </span>
        )}
        <span class="room-facts">
          {!away && (
            <span class="paused">
              <PeopleIcon />
              {words.people(size)}
            </span>
          )}
          <State room={room} />
          {questions > 0 && (
            <span class="paused">
              <QuestionIcon />
              <span aria-hidden="true">{questions}</span>
              <span class="hidden">{words.openQuestions(questions)}</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** What one should know of a room before opening it: whether one can write there now, and until when. */
function State({ room }: { room: RoomState }) {
  const { rooms: words } = text.value;
  const { opens, closes } = room.summary.value;
  const phase = room.phase.value;
  if (phase === 'closed')
    return (
      <span class="paused">
        <ClosedIcon />
        {words.closed}
      </span>
    );
  if (phase === 'upcoming')
    return (
      <span class="paused">
        <ClockIcon />
        {opens === undefined ? words.upcomingSometime : words.upcoming(momentText(opens))}
      </span>
    );
  return (
    <>
      {room.frozen.value && (
        <span class="paused">
          <PauseIcon />
          {words.frozen}
        </span>
      )}
      {closes !== undefined && <span class="paused">{words.closes(untilText(closes))}</span>}
    </>
  );
}

function Excerpt({ room }: { room: RoomState }) {
  const { rooms: words } = text.value;
  const latest = room.latest.value;
  if (room.handle.value === null) return <>{words.notJoined}</>;
  if (!latest) return <>{room.timeline.value?.loaded ? words.none : ' '}</>;
  if (!isReadable(latest)) return <>{goneText(latest)}</>;
  return (
    <>
      {room.isMine(latest) ? words.mine : latest.author}: {latest.body}
    </>
  );
}
