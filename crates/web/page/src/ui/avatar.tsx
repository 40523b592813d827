// A coloured initial for a handle. The colour is a function of the handle alone, so it tells nothing that the handle does
// not, and the same handle looks the same on every device.

const TINTS = 8;

export function Avatar({ handle }: { handle: string }) {
  return (
    <span class={`avatar tint-${tintOf(handle)}`} aria-hidden="true">
      {initialOf(handle)}
    </span>
  );
}

/** "용감한 고라니" is a 고라니, "brave-otter" an otter: the last word tells people apart. */
function initialOf(handle: string): string {
  const words = handle.split(/[\s-]+/);
  // A number that makes a handle unique is no name.
  const word = words.findLast((each) => !/^\d+$/.test(each)) ?? '';
  return [...word][0]?.toUpperCase() ?? '';
}

function tintOf(handle: string): number {
  let hash = 7;
  for (const character of handle) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return hash % TINTS;
}
