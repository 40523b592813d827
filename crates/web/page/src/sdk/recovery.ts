// The seed as twelve words (BIP-39), and as a file to keep: how a place is brought back to a browser that has lost it.
//
// The lists of words are large and seldom needed, so each is loaded when it is. A seed reads the same from Korean and from English
// words; which ones were written down shows in their letters.

export type WordsLanguage = 'ko' | 'en';

/** How many words a seed of 128 bits has. */
const WORDS = 12;
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/;

export async function wordsOf(seed: Uint8Array, language: WordsLanguage): Promise<string[]> {
  const { entropyToMnemonic, list } = await load(language);
  // The Korean list is written in jamo; people and fonts prefer syllables.
  return entropyToMnemonic(seed, list)
    .split(/\s+/)
    .map((word) => word.normalize('NFC'));
}

/** Why words give no seed. `unknown` names the first one that is on no list; `checksum` is one that stands in the wrong place. */
export type NotWords =
  { kind: 'count'; count: number } | { kind: 'unknown'; word: string } | { kind: 'checksum' };

export async function seedOf(words: readonly string[]): Promise<Uint8Array<ArrayBuffer> | NotWords> {
  if (words.length !== WORDS) return { kind: 'count', count: words.length };
  const { mnemonicToEntropy, list } = await load(HANGUL.test(words.join('')) ? 'ko' : 'en');
  const known = new Set(list);
  const unknown = words.find((word) => !known.has(word.normalize('NFKD')));
  if (unknown !== undefined) return { kind: 'unknown', word: unknown };
  try {
    return new Uint8Array(mnemonicToEntropy(words.map((word) => word.normalize('NFKD')).join(' '), list));
  } catch {
    return { kind: 'checksum' };
  }
}

/** What was typed or pasted, or a file's text: its words, and the server and programme where it names them. */
export function readWords(text: string): { words: string[]; server?: string; programme?: string } {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(.+?)[ \\t]*$`, 'm').exec(text)?.[1];
  const [server, programme, written] = [field('server'), field('programme'), field('words')];
  // People number what they write down: "1. 가격 2) 가끔".
  const words = (written ?? text)
    .normalize('NFC')
    .toLowerCase()
    .split(/[\s,.;:()\d]+/)
    .filter(Boolean);
  return {
    words,
    ...(server === undefined ? {} : { server }),
    ...(programme === undefined ? {} : { programme }),
  };
}

/** The file's text. `explanation` is for whoever finds it in a folder years later. */
export function fileOf(
  server: string,
  programme: string,
  words: readonly string[],
  explanation: string,
): string {
  return [
    explanation,
    '',
    `server: ${server}`,
    `programme: ${programme}`,
    `words: ${words.join(' ')}`,
    '',
  ].join('\r\n');
}

async function load(language: WordsLanguage) {
  const [{ entropyToMnemonic, mnemonicToEntropy }, { wordlist }] = await Promise.all([
    import('@scure/bip39'),
    language === 'ko'
      ? import('@scure/bip39/wordlists/korean.js')
      : import('@scure/bip39/wordlists/english.js'),
  ]);
  return { entropyToMnemonic, mnemonicToEntropy, list: wordlist };
}
