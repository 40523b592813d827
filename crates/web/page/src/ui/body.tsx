// A post's text, with its links made to be tapped and those it addresses made to be seen. Everything stays text: nothing in
// a post is ever read as markup.

import { useSignal } from '@preact/signals';
import { mentionsAt } from '../sdk';
import { text } from '../text';

/** A host is ASCII, so that a Korean particle right behind it stays outside; a path may be anything. */
const LINK = /https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][^\s<>"']*)?/g;
/** A full stop or a bracket behind a link belongs to the sentence. */
const TRAILING = /[.,!?;:)\]}…]+$/;

/** What is longer is folded, so that one post does not push the conversation away. */
const LINES_MAX = 24;
const LENGTH_MAX = 900;

interface Props {
  body: string;
  mentions?: readonly string[];
  /** One's own handle in this room. */
  own?: string | null;
}

export function Body({ body, mentions = [], own = null }: Props) {
  const folded = useSignal(body.length > LENGTH_MAX || body.split('\n', LINES_MAX + 1).length > LINES_MAX);
  const parts = [];
  let done = 0;
  for (const { handle, start, end } of mentionsAt(body, mentions)) {
    parts.push(...linked(body.slice(done, start)));
    parts.push(<b class={handle === own ? 'mention me' : 'mention'}>{body.slice(start, end)}</b>);
    done = end;
  }
  parts.push(...linked(body.slice(done)));
  return (
    <>
      <p class={folded.value ? 'body folded' : 'body'} dir="auto">
        {parts}
      </p>
      {folded.value && (
        <button type="button" class="unfold" onClick={() => (folded.value = false)}>
          {text.value.post.unfold}
        </button>
      )}
    </>
  );
}

function linked(body: string) {
  const parts = [];
  let done = 0;
  for (const found of body.matchAll(LINK)) {
    const address = found[0].replace(TRAILING, '');
    parts.push(body.slice(done, found.index));
    parts.push(
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>,
    );
    done = found.index + address.length;
  }
  parts.push(body.slice(done));
  return parts;
}
