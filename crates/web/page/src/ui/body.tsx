// A post's text, with its links made to be tapped and those it addresses made to be seen. Everything stays text: nothing in
// a post is ever read as markup.

import { mentionsAt } from '../sdk';

/** A host is ASCII, so that a Korean particle right behind it stays outside; a path may be anything. */
const LINK = /https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][^\s<>"']*)?/g;
/** A full stop or a bracket behind a link belongs to the sentence. */
const TRAILING = /[.,!?;:)\]}…]+$/;

interface Props {
  body: string;
  mentions?: readonly string[];
  /** One's own handle in this room. */
  own?: string | null;
}

export function Body({ body, mentions = [], own = null }: Props) {
  const parts = [];
  let done = 0;
  for (const { handle, start, end } of mentionsAt(body, mentions)) {
    parts.push(...linked(body.slice(done, start)));
    parts.push(<b class={handle === own ? 'mention me' : 'mention'}>{body.slice(start, end)}</b>);
    done = end;
  }
  parts.push(...linked(body.slice(done)));
  return (
    <p class="body" dir="auto">
      {parts}
    </p>
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
