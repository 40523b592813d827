// A post's text, with its links made to be tapped. Everything stays text: nothing in a post is ever read as markup.

/** A host is ASCII, so that a Korean particle right behind it stays outside; a path may be anything. */
const LINK = /https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][^\s<>"']*)?/g;
/** A full stop or a bracket behind a link belongs to the sentence. */
const TRAILING = /[.,!?;:)\]}…]+$/;

export function Body({ body }: { body: string }) {
  return (
    <p class="body" dir="auto">
      {partsOf(body)}
    </p>
  );
}

function partsOf(body: string) {
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
