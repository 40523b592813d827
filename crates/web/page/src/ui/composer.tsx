// Where one writes. The draft lives in the room's state and so survives reconnects and reloads.
//
// Hangul is composed: while a syllable is unfinished, Enter belongs to the input method, and clearing the field would leave
// the last syllable behind. Both are taken care of here.

import type { RefObject } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { findPost } from '../sdk';
import type { Limits } from '../sdk';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { ClockIcon, CloseIcon, DoneIcon, QuestionIcon, SendIcon } from './icons';
import { bytesIn, graphemesIn } from './measure';
import { MENTION_LIST_ID, MentionList, optionId, useMentioning } from './mention-list';
import { hasFinePointer } from './viewport';

interface Props {
  room: RoomState;
  limits: Limits;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** What old browsers report for a key that the input method has taken. */
const KEY_TAKEN = 229;
/** The counter appears when this share of the limit is used. */
const NEAR = 0.9;

export function Composer({ room, limits, field }: Props) {
  const { composer: words } = text.value;
  const { body, editing } = room.draft.value;
  const wait = useSlowWait(room);
  const waiting = wait > 0 && editing === undefined;
  const left = limits.body_graphemes_max - graphemesIn(body);
  const tooLong = left < 0 || bytesIn(body) > limits.body_bytes_max;
  return (
    <footer class="composer">
      <TargetBar room={room} />
      <SlowNote room={room} wait={wait} />
      <div class="composer-row">
        {editing === undefined && <QuestionToggle room={room} field={field} />}
        <Field room={room} field={field} tooLong={tooLong} />
        <SendButton room={room} field={field} disabled={tooLong || waiting || body.trim() === ''} />
      </div>
      <p
        id="composer-note"
        class={tooLong ? 'composer-note over' : 'composer-note'}
        role={tooLong ? 'alert' : undefined}
      >
        {noteText(left, tooLong, limits)}
      </p>
      <p id="composer-hint" class="hidden">
        {hasFinePointer() && words.hint}
      </p>
    </footer>
  );
}

/** Seconds until one's next post may go out, counted down while they last. */
function useSlowWait(room: RoomState): number {
  const left = useSignal(0);
  const nextPostAt = room.pace.nextPostAt.value;
  useEffect(() => {
    const look = (): void => void (left.value = Math.ceil(room.pace.waitMs() / 1000));
    look();
    if (left.value === 0) return;
    const timer = setInterval(() => {
      look();
      if (left.value === 0) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [nextPostAt]);
  return left.value;
}

/** What slow mode means: told once, and with the time left once one has something to send. */
function SlowNote({ room, wait }: { room: RoomState; wait: number }) {
  const { composer: words } = text.value;
  const seconds = room.slowSeconds.value;
  if (seconds === 0 && wait === 0) return null;
  return (
    <p class="slow-note" data-testid="slow">
      <ClockIcon />
      {/* The countdown is for the eyes: read out every second it would drown everything else. */}
      <span aria-hidden={wait > 0}>{wait > 0 ? words.slow(words.wait(wait)) : words.slowNow(seconds)}</span>
      <span class="hidden" role="status">
        {wait > 0 && words.slowNow(seconds)}
      </span>
    </p>
  );
}

/** A post on its own, or one that stays among the open questions until it is answered. */
function QuestionToggle({ room, field }: { room: RoomState; field: Props['field'] }) {
  const { composer: words, post: postWords } = text.value;
  const { question = false, ...draft } = room.draft.value;
  return (
    <button
      type="button"
      class="question-toggle"
      aria-pressed={question}
      title={words.questionHint}
      data-testid="question-toggle"
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => {
        room.setDraft(question ? draft : { ...draft, question: true });
        field.current?.focus();
      }}
    >
      <QuestionIcon />
      <span aria-hidden="true">{postWords.question}</span>
      <span class="hidden">{words.question}</span>
    </button>
  );
}

function noteText(left: number, tooLong: boolean, limits: Limits): string {
  const { composer: words } = text.value;
  if (left < 0) return words.over(-left);
  if (tooLong) return words.overBytes;
  return left < limits.body_graphemes_max * (1 - NEAR) ? words.left(left) : '';
}

/** Where the text goes, and whom it calls. */
function Field({ room, field, tooLong }: { room: RoomState; field: Props['field']; tooLong: boolean }) {
  const { composer: words } = text.value;
  const { body, editing, replyTo, question } = room.draft.value;
  const mentioning = useMentioning(room, field);
  const offering = mentioning.offered.length > 0;
  useEffect(() => {
    // Back after a pause, the field must not take the focus from where one is by now.
    if (hasFinePointer() && isNowhere(document.activeElement)) field.current?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === KEY_TAKEN) return;
    if (mentioning.onKey(event)) return event.preventDefault();
    if (event.key === 'Escape' && (editing ?? replyTo) !== undefined) leaveTarget(room);
    if (event.key !== 'Enter' || event.shiftKey || !hasFinePointer()) return;
    event.preventDefault();
    if (!tooLong) room.send();
  };
  return (
    <>
      <MentionList mentioning={mentioning} />
      {/* The style sheet writes the text a second time, unseen: that gives the field its height without measuring. */}
      <div class="growing" data-text={body}>
        <textarea
          ref={field}
          rows={1}
          value={body}
          aria-label={words.label}
          aria-describedby="composer-note composer-hint"
          aria-autocomplete="list"
          aria-controls={offering ? MENTION_LIST_ID : undefined}
          aria-activedescendant={offering ? optionId(mentioning.chosen) : undefined}
          aria-invalid={tooLong}
          placeholder={question ? words.question : words.placeholder}
          enterkeyhint="enter"
          autocomplete="off"
          data-testid="composer"
          onInput={(event) => {
            room.setDraft({ ...room.draft.value, body: event.currentTarget.value });
            mentioning.look();
          }}
          onSelect={mentioning.look}
          onBlur={mentioning.close}
          onKeyDown={onKeyDown}
        />
      </div>
    </>
  );
}

function isNowhere(element: Element | null): boolean {
  return element === null || element === document.body || element.matches('[tabindex="-1"], .room-item');
}

function SendButton({
  room,
  field,
  disabled,
}: {
  room: RoomState;
  field: Props['field'];
  disabled: boolean;
}) {
  const { composer: words } = text.value;
  const editing = room.draft.value.editing !== undefined;
  const composing = useComposing(field);
  const send = (): void => {
    // Leaving the field makes the input method finish its syllable; coming back keeps the keyboard up.
    if (composing.current) field.current?.blur();
    field.current?.focus();
    room.send();
  };
  return (
    <button
      type="button"
      class="send"
      aria-label={editing ? words.save : words.send}
      disabled={disabled}
      data-testid="send"
      // Without this a tap would take the focus from the field, and the keyboard would go down and up again.
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
      onClick={send}
    >
      {editing ? <DoneIcon /> : <SendIcon />}
    </button>
  );
}

/** Which post is being answered or changed. */
function TargetBar({ room }: { room: RoomState }) {
  const { composer: words, post: postWords } = text.value;
  const { replyTo, editing } = room.draft.value;
  const timeline = room.timeline.value;
  const offset = editing ?? replyTo;
  if (offset === undefined || !timeline) return null;
  const target = findPost(timeline, offset);
  const reply =
    target && room.isMine(target)
      ? postWords.replyToMe
      : postWords.replyTo(target?.author ?? postWords.olderPost);
  return (
    <div class="reply-bar" data-testid="reply-bar">
      <p>
        <strong>{editing === undefined ? reply : words.editing}</strong>
        <span>{target?.body ?? ''}</span>
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label={editing === undefined ? words.cancelReply : words.cancelEdit}
        onClick={() => leaveTarget(room)}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

/** A post on its own again; of a change, what was begun before it. */
function leaveTarget(room: RoomState): void {
  const { body, editing, question } = room.draft.value;
  if (editing === undefined) room.setDraft(question ? { body, question } : { body });
  else room.endDraft();
}

function useComposing(field: Props['field']): RefObject<boolean> {
  const composing = useRef(false);
  useEffect(() => {
    const element = field.current;
    const start = (): void => void (composing.current = true);
    const end = (): void => void (composing.current = false);
    element?.addEventListener('compositionstart', start);
    element?.addEventListener('compositionend', end);
    return () => {
      element?.removeEventListener('compositionstart', start);
      element?.removeEventListener('compositionend', end);
    };
  }, []);
  return composing;
}
