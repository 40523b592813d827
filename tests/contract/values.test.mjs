// The vectors that are no frames, computed anew from the prose with Node's own cryptography and text functions.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { json, vectors } from './vectors.mjs';

const { member_keys: memberKeys, signatures, must_not_sign: mustNotSign } = json('vectors/signatures.json');

/** RFC 8410's frame around an Ed25519 seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = (hex) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(hex, 'hex')]), format: 'der', type: 'pkcs8' });
const publicText = (key) => createPublicKey(key).export({ format: 'jwk' }).x;

test('a seed gives the member key of a programme', () => {
  for (const { seed, programme, salt, info, private_key, key } of memberKeys) {
    assert.equal(Buffer.from(salt, 'hex').toString(), 'kkanbu.v1');
    assert.equal(Buffer.from(info, 'hex').toString(), `member-key\0${programme}`);
    const derived = hkdfSync('sha256', Buffer.from(seed, 'hex'), 'kkanbu.v1', `member-key\0${programme}`, 32);
    assert.equal(Buffer.from(derived).toString('hex'), private_key);
    assert.equal(publicText(privateKey(private_key)), key);
  }
  assert.equal(new Set(memberKeys.map(({ key }) => key)).size, memberKeys.length, 'no two are related');
});

test('a challenge is signed as seven lines', () => {
  for (const { private_key, key, challenge, text, signature } of signatures) {
    const { algorithm, server, programme, purpose, nonce } = challenge;
    assert.equal(['kkanbu.v1 challenge', algorithm, server, programme, purpose, nonce, key].join('\n'), text);
    const own = privateKey(private_key);
    assert.equal(sign(null, Buffer.from(text), own).toString('base64url'), signature);
    assert.ok(verify(null, Buffer.from(text), createPublicKey(own), Buffer.from(signature, 'base64url')));
  }
});

test('each challenge that must not be signed differs from what was asked for', () => {
  for (const { why, server, programme, challenge } of mustNotSign) {
    const right =
      challenge.algorithm === 'Ed25519' &&
      challenge.server === server &&
      challenge.programme === programme &&
      challenge.purpose === 'session' &&
      /^[A-Za-z0-9_-]{43}$/.test(challenge.nonce);
    assert.ok(!right, why);
  }
});

test('bodies are kept in NFC, within their limits', () => {
  const graphemes = new Intl.Segmenter('ko', { granularity: 'grapheme' });
  for (const { about, text, times = 1, nfc = text, name } of vectors('text')) {
    const body = text.repeat(times).normalize('NFC');
    const bytes = Buffer.byteLength(body);
    const tooLong = bytes > 8000 || [...graphemes.segment(body)].length > 2000;
    assert.equal(tooLong, name === 'body_too_long', `${about}: ${bytes} bytes`);
    if (name === undefined) assert.equal(body, nfc.repeat(times), about);
  }
});

test('frames are padded to the next size', () => {
  for (const { length, padded } of vectors('padding')) {
    const next = [512, 2048, 16384, 65536].find((size) => size >= length) ?? Math.ceil(length / 65536) * 65536;
    assert.equal(padded, next, `${length}`);
  }
});

test('a close code says whether to come back', () => {
  for (const { code, come_back } of vectors('close')) {
    const wrong = [1000, 1002, 1003, 1007, 1008, 1009, 1010].includes(code);
    assert.equal(come_back, !wrong && code < 4500, `${code}`);
  }
});

test('frames of the server fit the size that they are padded to', () => {
  for (const { name, frame, padded } of ['replies', 'pushes', 'rejections'].flatMap(vectors)) {
    const bytes = Buffer.byteLength(frame);
    assert.equal(padded, [512, 2048, 16384, 65536].find((size) => size >= bytes), name);
  }
});
