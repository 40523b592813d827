// What may be signed, and the exact text of it.
//
// A foreign server could pass somebody else's challenge on to us, and use our signature there. So a client signs only
// what names the server, the programme and the purpose that it came for.

import type { Challenge } from './wire';

export interface Expected {
  server: string;
  programme: string;
}

const ALGORITHM = 'Ed25519';
const PURPOSE = 'session';

/** The name of the field that differs from what we came for, or null when all is as it should be. */
export function mismatch(challenge: Challenge, expected: Expected): keyof Challenge | null {
  if (challenge.algorithm !== ALGORITHM) return 'algorithm';
  if (challenge.server !== expected.server) return 'server';
  if (challenge.programme !== expected.programme) return 'programme';
  if (challenge.purpose !== PURPOSE) return 'purpose';
  // 32 bytes in base64url; anything else could smuggle lines into the signed text.
  if (!/^[\w-]{43}$/.test(challenge.nonce)) return 'nonce';
  return null;
}

export function signedText(challenge: Challenge, publicKey: string): Uint8Array<ArrayBuffer> {
  const { algorithm, server, programme, purpose, nonce } = challenge;
  const lines = ['kkanbu.v1 challenge', algorithm, server, programme, purpose, nonce, publicKey];
  return new TextEncoder().encode(lines.join('\n'));
}
