// A published post: byline, quote, text, reactions, time.

import { findPost, isReadable } from '../sdk';
import type { Post } from '../sdk';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { dateOf, timeText } from '../text/time';
import { Avatar } from './avatar';
import { Body } from './body';
import { DoneIcon, QuestionIcon, ReactIcon } from './icons';
import { Refused, Sending } from './pending';
import type { Row } from './rows';

interface Props {
  row: Extract<Row, { kind: 'post' }>;
  room: RoomState;
  onAct: (offset: number, at: DOMRect) => void;
  onQuote: (offset: number) => void;
}

export function PostRow({ row, room, onAct, onQuote }: Props) {
  const { post, mine, first, last } = row;
  const change = mine ? room.pendingEdit(post.offset) : undefined;
  const forMe = room.handle.value !== null && post.mentions.includes(room.handle.value);
  const classes = ['row', mine ? 'mine' : 'theirs', first && 'first', change && 'pending', forMe && 'for-me'];
  const readable = isReadable(post);
  // What is hidden can still be taken back by who wrote it.
  const actable = readable || (mine && !post.retracted);
  // What a long press means on a phone; with a mouse the browser's own menu stays.
  const pressed = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch' || !actable) return;
    event.preventDefault();
    onAct(post.offset, (event.currentTarget as Element).getBoundingClientRect());
  };
  return (
    <li class={classes.filter(Boolean).join(' ')} data-offset={post.offset} data-testid="post">
      {!mine && first && <Avatar handle={post.author} />}
      {first && <Byline post={post} mine={mine} />}
      <div class="line">
        <div
          class={readable ? 'bubble' : 'bubble gone'}
          onContextMenu={(event) => pressed(event as unknown as PointerEvent)}
        >
          {readable && post.question && <QuestionTag answered={post.answered} />}
          {post.reply_to !== undefined && readable && (
            <Quote room={room} offset={post.reply_to} onQuote={onQuote} />
          )}
          {!readable ? (
            <p class="body">{goneText(post)}</p>
          ) : (
            <Body
              body={change?.body ?? post.body ?? ''}
              mentions={(change ?? post).mentions ?? []}
              own={room.handle.value}
            />
          )}
        </div>
        <div class="beside">
          {actable && <ActButton post={post} mine={mine} onAct={onAct} />}
          <span class="when">
            {change?.fate.kind === 'sending' && <Sending />}
            {post.edited && readable && !change && <span class="edited">{text.value.post.edited}</span>}
            {last && <time dateTime={dateOf(post.minute).toISOString()}>{timeText(post.minute)}</time>}
          </span>
        </div>
      </div>
      {change && <Refused room={room} pending={change} />}
      {readable && <Reactions room={room} post={post} />}
    </li>
  );
}

export function QuestionTag({ answered }: { answered: boolean }) {
  const { post: words } = text.value;
  return (
    <p class={answered ? 'tag answered' : 'tag'}>
      {answered ? <DoneIcon /> : <QuestionIcon />}
      {answered ? words.answered : words.question}
    </p>
  );
}

/** What stands in place of a text that is not to be read. */
export function goneText({ retracted }: Post): string {
  return retracted ? text.value.post.retracted : text.value.post.hidden;
}

function Byline({ post, mine }: { post: Post; mine: boolean }) {
  return (
    <p class={mine ? 'byline hidden' : 'byline'}>
      <span class="author">{mine ? text.value.post.you : post.author}</span>
      {post.role !== undefined && <span class="badge">{post.role}</span>}
    </p>
  );
}

function Quote({
  room,
  offset,
  onQuote,
}: {
  room: RoomState;
  offset: number;
  onQuote: (offset: number) => void;
}) {
  const { post: words } = text.value;
  const target = room.timeline.value ? findPost(room.timeline.value, offset) : undefined;
  const name = target ? (room.isMine(target) ? words.you : target.author) : words.olderPost;
  return (
    <button
      type="button"
      class="quote"
      title={words.goToQuoted}
      data-testid="quote"
      onClick={() => onQuote(offset)}
    >
      <strong>{name}</strong>
      {target && <span>{isReadable(target) ? target.body : goneText(target)}</span>}
    </button>
  );
}

function ActButton({ post, mine, onAct }: { post: Post; mine: boolean; onAct: Props['onAct'] }) {
  return (
    <button
      type="button"
      class="act"
      aria-label={mine ? text.value.post.ownActions : text.value.post.actions(post.author)}
      aria-haspopup="dialog"
      onClick={(event) => onAct(post.offset, event.currentTarget.getBoundingClientRect())}
    >
      <ReactIcon />
    </button>
  );
}

function Reactions({ room, post }: { room: RoomState; post: Post }) {
  const { post: words } = text.value;
  const shown = reactionsShown(room, post);
  if (shown.length === 0) return null;
  return (
    <ul class="reactions">
      {shown.map(({ reaction, count, mine }) => (
        <li key={reaction}>
          <button
            type="button"
            class="chip"
            aria-pressed={mine}
            aria-label={words.reaction(reaction, count, mine)}
            disabled={room.writing.value !== 'open'}
            onClick={() => void room.react(post.offset, reaction, !mine).catch(() => undefined)}
          >
            <span class="emoji">{reaction}</span>
            <span class="count">{count}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The counts are the server's; that one has tapped oneself shows at once. */
export function reactionsShown(room: RoomState, post: Post): Post['reactions'] {
  const given = [...room.reacting.value].filter(([name]) => name.startsWith(`${post.offset} `));
  const shown = post.reactions.map((each) => ({ ...each }));
  for (const [name, on] of given) {
    const reaction = name.slice(name.indexOf(' ') + 1);
    const known = shown.find((each) => each.reaction === reaction);
    if (known) known.mine = on;
    else if (on) shown.push({ reaction, count: 1, mine: true });
  }
  return shown.filter(
    (each) => each.mine || each.count > 1 || !given.some(([name]) => name.endsWith(each.reaction)),
  );
}
