// The key that a seed gives, against values computed from RFC 5869 and RFC 8032 with another library.

import { createPrivateKey, createPublicKey, hkdfSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { signerOf } from '../src/sdk';
import type { Challenge } from '../src/sdk';
import { fromBase64Url, toBase64Url } from '../src/sdk/base64url';
import { signedText } from '../src/sdk/challenge';
import { identityFromSeed } from '../src/sdk/identity';

const seed = Uint8Array.from({ length: 16 }, (_, index) => index);

function memberKey(programme: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', seed, 'kkanbu.v1', `member-key\0${programme}`, 32));
}

function publicJwk(member: Uint8Array): string {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([prefix, member]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'jwk' })['x'] as string;
}

test('the public key is the one that the contract derives, and another in another programme', async () => {
  const here = await identityFromSeed(seed.slice(), 'anyang-2022');
  const there = await identityFromSeed(seed.slice(), 'seogwipo-2026');
  expect(here.publicKey).toBe(publicJwk(memberKey('anyang-2022')));
  expect(there.publicKey).toBe(publicJwk(memberKey('seogwipo-2026')));
  expect(here.publicKey).not.toBe(there.publicKey);
  expect(here.publicKey).toHaveLength(43);
});

test('neither seed nor key can be exported', async () => {
  const keys = await identityFromSeed(seed.slice(), 'anyang-2022');
  expect(keys.seed.extractable).toBe(false);
  expect(keys.privateKey?.extractable).toBe(false);
});

test('a signature verifies, with and without Ed25519 in the browser', async () => {
  const keys = await identityFromSeed(seed.slice(), 'anyang-2022');
  const nonce = toBase64Url(new Uint8Array(32));
  const challenge: Challenge = {
    algorithm: 'Ed25519',
    server: 's',
    programme: 'p',
    purpose: 'session',
    nonce,
  };
  const text = signedText(challenge, keys.publicKey);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: keys.publicKey }, format: 'jwk' });
  for (const privateKey of [keys.privateKey, null]) {
    const signature = await signerOf({ ...keys, privateKey }, 'anyang-2022').sign(text);
    expect(verify(null, text, key, signature)).toBe(true);
    expect(toBase64Url(signature)).toHaveLength(86);
  }
});

test('the library that stands in derives the same public key', () => {
  const member = memberKey('anyang-2022');
  expect(toBase64Url(ed25519.getPublicKey(member))).toBe(publicJwk(member));
});

test('base64url survives the round trip', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
  expect(toBase64Url(bytes)).not.toMatch(/[+/=]/);
});
