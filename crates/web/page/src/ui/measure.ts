// How long a text is, as the server counts: graphemes and UTF-8 bytes of the NFC form.

const utf8 = new TextEncoder();
let segmenter: Intl.Segmenter | null = null;

export function graphemesIn(body: string): number {
  const text = body.normalize('NFC');
  // Older browsers lack the segmenter; code points are a little more than graphemes, so nobody is told too low a number.
  if (!('Segmenter' in Intl)) return [...text].length;
  segmenter ??= new Intl.Segmenter();
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

export function bytesIn(body: string): number {
  return utf8.encode(body.normalize('NFC')).length;
}
