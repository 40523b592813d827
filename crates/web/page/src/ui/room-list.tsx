// The rooms of a programme, each with its size as a band, what is new, and its latest post.

import type { Welcome } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import type { RoomState } from '../state/room';
import { currentRoom, openLink, openRoom } from '../state/route';
import { text } from '../text';
import { shortText } from '../text/time';
import { BackIcon, PauseIcon, PeopleIcon } from './icons';
import { LanguageSwitch } from './language';

export function RoomList({ programme, welcome }: { programme: ProgrammeState; welcome: Welcome }) {
  const { rooms: words, ended } = text.value;
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
        <LanguageSwitch />
      </header>
      <ul class="room-list">
        {rooms.map((room) => (
          <RoomItem key={room.id} programme={programme} room={room} />
        ))}
      </ul>
      {rooms.length === 0 && <p class="empty">{words.empty}</p>}
    </nav>
  );
}

function RoomItem({ programme, room }: { programme: ProgrammeState; room: RoomState }) {
  const { rooms: words } = text.value;
  const { name, size } = room.summary.value;
  const unread = room.unread.value;
  const latest = room.latest.value;
  const open = (): void => {
    openRoom(room.id);
    if (room.handle.value === null) void programme.join(room.id);
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
          {latest && <time>{shortText(latest.minute)}</time>}
        </span>
        <span class="room-latest">
          <span class="excerpt">
            <Excerpt room={room} />
          </span>
          {unread > 0 && (
            <span class="unread" aria-label={words.unread(unread)}>
              {unread > 99 ? '99+' : unread}
            </span>
          )}
        </span>
        <span class="room-facts">
          <PeopleIcon />
          {words.people(size)}
          {room.frozen.value && (
            <span class="paused">
              <PauseIcon />
              {words.frozen}
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

function Excerpt({ room }: { room: RoomState }) {
  const { rooms: words, post: postWords } = text.value;
  const latest = room.latest.value;
  if (room.handle.value === null) return <>{words.notJoined}</>;
  if (!latest) return <>{room.timeline.value?.loaded ? words.none : ' '}</>;
  if (latest.retracted) return <>{postWords.retracted}</>;
  return (
    <>
      {room.isMine(latest) ? words.mine : latest.author}: {latest.body}
    </>
  );
}
