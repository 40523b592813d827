// Who one is: a random 128-bit seed, and from it one Ed25519 key in each programme.
//
// The seed is imported into WebCrypto and never leaves it again; once its words have been shown, nobody can read it any more: a script that gets into the page could use the
// keys while it runs, but could not carry them away. Where the browser has no Ed25519 of its own, the key is derived for
// each signature and signed with in a library that is loaded only then.

import { fromBase64Url, toBase64Url } from './base64url';

export interface Signer {
  /** base64url; this *is* the member in its programme. */
  publicKey: string;
  sign(text: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** What a browser keeps of an identity. All of it survives a structured clone, so IndexedDB can hold it. */
export interface IdentityKeys {
  /** HKDF base key, not extractable. */
  seed: CryptoKey;
  /** Not extractable; absent where the browser has no Ed25519. */
  privateKey: CryptoKey | null;
  publicKey: string;
}

const SEED_BYTES = 16;
const KEY_BITS = 256;
/** PKCS#8 around a raw 32-byte Ed25519 seed is this prefix and the seed (RFC 8410). */
const PKCS8_PREFIX = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

const utf8 = new TextEncoder();

/** Browsers offer `crypto.subtle` on https and on localhost only. */
export function hasWebCrypto(): boolean {
  return typeof crypto !== 'undefined' && crypto.subtle !== undefined;
}

/** The seed is the whole of a person in a programme. Whoever makes one keeps it for as long as it is shown, and then wipes it. */
export function makeSeed(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES));
}

export async function identityFromSeed(
  seed: Uint8Array<ArrayBuffer>,
  programme: string,
): Promise<IdentityKeys> {
  const base = await crypto.subtle.importKey('raw', seed, 'HKDF', false, ['deriveBits']);
  const member = await deriveMemberKey(base, programme);
  try {
    return { seed: base, ...(await importNative(member)) };
  } catch {
    const { ed25519 } = await import('@noble/curves/ed25519.js');
    return { seed: base, privateKey: null, publicKey: toBase64Url(ed25519.getPublicKey(member)) };
  } finally {
    member.fill(0);
  }
}

export function signerOf(keys: IdentityKeys, programme: string): Signer {
  return { publicKey: keys.publicKey, sign: (text) => sign(keys, programme, text) };
}

async function sign(
  keys: IdentityKeys,
  programme: string,
  text: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  if (keys.privateKey) return new Uint8Array(await crypto.subtle.sign('Ed25519', keys.privateKey, text));
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  const member = await deriveMemberKey(keys.seed, programme);
  try {
    return ed25519.sign(text, member);
  } finally {
    member.fill(0);
  }
}

/** HKDF-SHA-256 as the contract has it: another programme gives another, unrelated key. */
async function deriveMemberKey(base: CryptoKey, programme: string): Promise<Uint8Array<ArrayBuffer>> {
  const info = utf8.encode(`member-key\0${programme}`);
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: utf8.encode('kkanbu.v1'), info };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, KEY_BITS));
}

/** WebCrypto gives the public half of a raw private key only through an export: extractable for this moment alone. */
async function importNative(
  member: Uint8Array<ArrayBuffer>,
): Promise<{ privateKey: CryptoKey; publicKey: string }> {
  const pkcs8 = new Uint8Array([...PKCS8_PREFIX, ...member]);
  try {
    const momentary = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
    const { x } = await crypto.subtle.exportKey('jwk', momentary);
    if (!x) throw new Error('no public key in the export');
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    return { privateKey, publicKey: toBase64Url(fromBase64Url(x)) };
  } finally {
    pkcs8.fill(0);
  }
}
