// What one can do with a post: react, answer, copy, and with one's own: change it and take it back. A sheet from below on a phone; beside the post where there is a mouse.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { isReadable } from '../sdk';
import type { Post } from '../sdk';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { Dialog, closeAround } from './dialog';
import { CopyIcon, DoneIcon, PenIcon, QuestionIcon, ReplyIcon, RetractIcon } from './icons';
import { goneText, reactionsShown } from './post';
import { isWide } from './viewport';

interface Props {
  room: RoomState;
  post: Post;
  /** Where the button is that was pressed. */
  at: DOMRect;
  reactions: string[];
  onReply: (offset: number) => void;
  onEdit: (offset: number) => void;
  onRetract: (offset: number) => void;
  /** Whether the member's role may mark others' questions as answered. */
  answers: boolean;
  onClose: () => void;
}

const GAP_PX = 8;

export function PostActions(props: Props) {
  const { room, post, at, reactions, answers, onReply, onEdit, onRetract, onClose } = props;
  const { post: words, cancel } = text.value;
  const own = room.isMine(post);
  const readable = isReadable(post);
  const open = readable && room.writing.value === 'open';
  const body = useRef<HTMLDivElement>(null);
  usePlace(body, at);
  const mine = new Set(
    reactionsShown(room, post)
      .filter((each) => each.mine)
      .map((each) => each.reaction),
  );
  const react = (reaction: string): void => {
    onClose();
    void room.react(post.offset, reaction, !mine.has(reaction)).catch(() => undefined);
  };
  const goOn = (then: (offset: number) => void) => (event: Event) => {
    closeAround(event.currentTarget as Element);
    onClose();
    then(post.offset);
  };
  const mark = (): void => {
    onClose();
    void room.answer(post.offset, !post.answered);
  };
  const copy = (): void => {
    onClose();
    navigator.clipboard?.writeText(post.body ?? '').catch(() => undefined);
  };
  return (
    <Dialog kind="sheet" labelledBy="actions-title" testId="post-actions" onClose={onClose}>
      <div ref={body}>
        <h3 id="actions-title" class="actions-title">
          <strong>{own ? words.you : post.author}</strong>
          <span>{readable ? post.body : goneText(post)}</span>
        </h3>
        {open && (
          <>
            <div class="palette" role="group" aria-label={words.react}>
              {reactions.map((reaction) => (
                <button
                  key={reaction}
                  type="button"
                  class="emoji"
                  aria-pressed={mine.has(reaction)}
                  aria-label={reaction}
                  onClick={() => react(reaction)}
                >
                  {reaction}
                </button>
              ))}
            </div>
            <button type="button" class="menu-item" onClick={goOn(onReply)}>
              <ReplyIcon />
              {words.reply}
            </button>
          </>
        )}
        {open && post.question && (own || answers) && (
          <button type="button" class="menu-item" onClick={mark}>
            {post.answered ? <QuestionIcon /> : <DoneIcon />}
            {post.answered ? words.markOpen : words.markAnswered}
          </button>
        )}
        {readable && (
          <button type="button" class="menu-item" onClick={copy}>
            <CopyIcon />
            {words.copy}
          </button>
        )}
        {own && open && (
          <button type="button" class="menu-item" onClick={goOn(onEdit)}>
            <PenIcon />
            {words.edit}
          </button>
        )}
        {/* What somebody regrets can be taken back at any time. */}
        {own && (
          <button type="button" class="menu-item danger" onClick={goOn(onRetract)}>
            <RetractIcon />
            {words.retract}
          </button>
        )}
        <button type="button" class="button quiet wide only-narrow" onClick={onClose}>
          {cancel}
        </button>
      </div>
    </Dialog>
  );
}

/** On a wide screen the sheet comes to the button, and not the eye to the sheet. */
function usePlace(body: { current: HTMLElement | null }, at: DOMRect): void {
  useLayoutEffect(() => {
    const dialog = body.current?.closest('dialog');
    if (!dialog || !isWide()) return;
    // Shown by now: the dialog's own layout effect ran before this one. These measures leave its rising out.
    const { offsetWidth: width, offsetHeight: height } = dialog;
    const left = Math.min(Math.max(GAP_PX, at.left - width / 2), innerWidth - width - GAP_PX);
    const below = at.bottom + GAP_PX;
    const top = below + height + GAP_PX > innerHeight ? Math.max(GAP_PX, at.top - height - GAP_PX) : below;
    dialog.style.left = `${left}px`;
    dialog.style.top = `${top}px`;
    dialog.classList.add('placed');
  }, []);
}
