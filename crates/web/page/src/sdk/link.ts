// Join links: `<origin>/#/join/<programme>/<code>`. The fragment never reaches a server's log. `#/in/<programme>`
// is for those who have a place there: who has brought it back by its words may not have the link any more.

export interface JoinLink {
  programme: string;
  /** Empty where it is not known. */
  code: string;
}

const FRAGMENT = /^#\/(?:join\/([^/?#]+)\/([^/?#]+)|in\/([^/?#]+))$/;

export function parseFragment(fragment: string): JoinLink | null {
  const found = FRAGMENT.exec(fragment);
  const programme = found?.[1] ?? found?.[3];
  if (!found || !programme) return null;
  try {
    return { programme: decodeURIComponent(programme), code: decodeURIComponent(found[2] ?? '') };
  } catch {
    return null;
  }
}

export function fragmentOf({ programme, code }: JoinLink): string {
  if (code === '') return `#/in/${encodeURIComponent(programme)}`;
  return `#/join/${encodeURIComponent(programme)}/${encodeURIComponent(code)}`;
}

/** What a person may paste: the whole link, its fragment, or `<programme>/<code>`. A foreign origin is no link of ours. */
export function parsePasted(text: string, origin: string): JoinLink | 'elsewhere' | null {
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#');
  if (hash > 0 && originOf(trimmed) !== origin) return 'elsewhere';
  if (hash >= 0) return parseFragment(trimmed.slice(hash));
  return /^[^/\s]+\/[^/\s]+$/.test(trimmed) ? parseFragment(`#/join/${trimmed}`) : null;
}

function originOf(text: string): string | null {
  try {
    return new URL(text).origin;
  } catch {
    return null;
  }
}
