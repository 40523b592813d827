// The open questions of a room: what still waits for an answer, wherever in the conversation it was asked.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Post } from '../sdk';
import type { RoomState } from '../state/room';
import { text } from '../text';
import { pastText } from '../text/time';
import { Dialog } from './dialog';
import { DoneIcon, QuestionIcon } from './icons';

export function QuestionsButton({ room, onOpen }: { room: RoomState; onOpen: () => void }) {
  const { questions: words } = text.value;
  const count = room.questions.value.length;
  const followed = room.timeline.value !== null;
  const stream = room.timeline.value?.epoch;
  // Asked once for each stream; pushes keep it current from there.
  useEffect(() => {
    if (followed && room.questionList.state.value === 'idle') void room.questionList.load(true);
  }, [followed, stream]);
  return (
    <button
      type="button"
      class="icon-button questions-button"
      aria-haspopup="dialog"
      data-testid="questions-button"
      onClick={onOpen}
    >
      <QuestionIcon />
      {count > 0 && (
        <span class="count" aria-hidden="true">
          {count > 99 ? '99+' : count}
        </span>
      )}
      <span class="hidden">{words.button(count)}</span>
    </button>
  );
}

interface Props {
  room: RoomState;
  /** Whether the member's role may mark others' questions as answered. */
  answers: boolean;
  onGoTo: (offset: number) => void;
  onClose: () => void;
}

export function Questions({ room, answers, onGoTo, onClose }: Props) {
  const { questions: words, close } = text.value;
  const questions = room.questions.value;
  const state = room.questionList.state.value;
  const more = (room.timeline.value?.questionsBefore ?? null) !== null;
  return (
    <Dialog kind="card" labelledBy="questions-title" testId="questions" onClose={onClose}>
      <h3 id="questions-title" tabIndex={-1} autofocus>
        {words.title}
      </h3>
      {questions.length === 0 && state === 'idle' && (
        <p>
          {words.empty} {words.hint}
        </p>
      )}
      <ul class="questions">
        {questions.map((post) => (
          <Question key={post.offset} room={room} post={post} answers={answers} onGoTo={onGoTo} />
        ))}
      </ul>
      <p class="fine" role="status">
        {state === 'loading' ? words.loading : state === 'failed' ? words.failed : ''}
      </p>
      <div class="buttons">
        {more && (
          <button type="button" class="button quiet" onClick={() => void room.questionList.load(false)}>
            {words.more}
          </button>
        )}
        {state === 'failed' && (
          <button type="button" class="button quiet" onClick={() => void room.questionList.load(true)}>
            {text.value.room.retry}
          </button>
        )}
        <button type="button" class="button" onClick={onClose}>
          {close}
        </button>
      </div>
    </Dialog>
  );
}

function Question({
  room,
  post,
  answers,
  onGoTo,
}: {
  room: RoomState;
  post: Post;
  answers: boolean;
  onGoTo: (offset: number) => void;
}) {
  const { questions: words, post: postWords } = text.value;
  const working = useSignal(false);
  const own = room.isMine(post);
  const mark = async (): Promise<void> => {
    if (working.value) return;
    working.value = true;
    await room.answer(post.offset, true);
    working.value = false;
  };
  return (
    <li data-testid="question">
      <button type="button" class="question" title={words.goTo} onClick={() => onGoTo(post.offset)}>
        <span class="question-by">
          {own ? postWords.you : post.author} · {pastText(post.minute)}
        </span>
        <span class="question-body">{post.body}</span>
      </button>
      {(own || answers) && room.writing.value === 'open' && (
        <button
          type="button"
          class="button small quiet"
          aria-disabled={working.value}
          onClick={() => void mark()}
        >
          <DoneIcon />
          {postWords.markAnswered}
        </button>
      )}
    </li>
  );
}
