// Who is addressed in a text: `@` and a handle that has posted in the room. Pure, so that it can be tested.

/** A handle ends where no name goes on; a Korean particle right behind it ("@용감한 고라니님") does not make it another. */
const LATIN_OR_DIGIT = /[\p{Script=Latin}\d]/u;

export interface Mention {
  handle: string;
  /** Of the `@`, in UTF-16 units like every position in a JavaScript string. */
  start: number;
  end: number;
}

/** Every place where one of these handles is addressed, from left to right. */
export function mentionsAt(body: string, handles: readonly string[]): Mention[] {
  // "느긋한 수달 2" before "느긋한 수달".
  const longestFirst = [...handles].sort((a, b) => b.length - a.length);
  const found: Mention[] = [];
  for (let at = body.indexOf('@'); at >= 0; at = body.indexOf('@', at + 1)) {
    // In an e-mail address there is a word before it.
    if (/[\w.]$/.test(body.slice(0, at))) continue;
    const handle = longestFirst.find(
      (each) => body.startsWith(each, at + 1) && endsAt(body, at + 1 + each.length),
    );
    if (handle !== undefined) found.push({ handle, start: at, end: at + 1 + handle.length });
  }
  return found;
}

/** The handles that are addressed, each once. */
export function mentionsIn(body: string, handles: readonly string[]): string[] {
  return [...new Set(mentionsAt(body, handles).map(({ handle }) => handle))];
}

function endsAt(body: string, end: number): boolean {
  const last = body.charAt(end - 1);
  return !(LATIN_OR_DIGIT.test(last) && LATIN_OR_DIGIT.test(body.charAt(end)));
}
