// `proto/kkanbu.ts` under `tsc --strict`: it compiles, the vectors' frames have its types, and frames that are wrong have not.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { json, read, vectors } from './vectors.mjs';

const TSC = fileURLToPath(new URL('node_modules/.bin/tsc', import.meta.url));

/** What the compiler says of a module beside `kkanbu.ts`; nothing where it is content. */
const complaints = (...lines) => {
  const folder = mkdtempSync(join(tmpdir(), 'kkanbu-types-'));
  try {
    writeFileSync(join(folder, 'kkanbu.ts'), read('kkanbu.ts'));
    writeFileSync(join(folder, 'use.ts'), ["import * as wire from './kkanbu.js';", ...lines, ''].join('\n'));
    const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--noUnusedLocals'];
    const shape = ['--noEmit', '--target', 'es2022', '--module', 'nodenext'];
    execFileSync(TSC, [...strict, ...shape, 'use.ts'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return error.stdout + error.stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

let names = 0;
const constant = (type, value) => `export const v${names++}: ${type} = ${value};`;

test('every frame of this version has its type', () => {
  const known = (name) => vectors(name).filter(({ means }) => means === undefined);
  const lines = [
    ...vectors('commands').map(({ method, frame }) => constant(`wire.CommandFrame<"${method}">`, frame)),
    ...vectors('commands').map(({ frame }) => constant('wire.CommandFrame', frame)),
    ...known('replies').map(({ method, frame }) => constant(`wire.ResultFrame<"${method}">`, frame)),
    ...known('pushes').map(({ frame }) => constant('wire.PushFrame', frame)),
    ...vectors('rejections').map(({ frame }) => constant('wire.ErrorFrame', frame)),
  ];
  assert.equal(complaints(...lines), '');
});

test('the tables of codes are those of the vectors', () => {
  const row = (name, code, again) => constant(`{ number: ${code}; again: ${again} }`, `wire.${name}`);
  const rejects = vectors('rejections').map(({ name, code, again }) => row(`REJECT_CODES.${name}`, code, again));
  const closes = vectors('close')
    .filter(({ name }) => name !== undefined)
    .map(({ name, code, come_back }) => row(`CLOSE_CODES.${name}`, code, come_back));
  const ends = vectors('pushes')
    .filter(({ method }) => method === 'room_ended')
    .map(({ frame }) => JSON.parse(frame).params)
    .map(({ code, reason }) => row(`ROOM_END_CODES.${reason}`, code, code < 2500));
  assert.equal(complaints(...rejects, ...closes, ...ends), '');
});

test('every method of the schemas is in the map of commands', () => {
  const methods = json('schemas/command.json').oneOf.map(({ properties }) => properties.method.const);
  const union = methods.map((method) => JSON.stringify(method)).join(' | ');
  const none = constant(`[wire.Method] extends [${union}] ? true : false`, 'true');
  assert.equal(complaints(none, ...methods.map((method) => constant('wire.Method', JSON.stringify(method)))), '');
});

test('a kind narrows a publication', () => {
  const lines = [
    'export const text = (it: wire.Publication): string | undefined =>',
    "  it.kind === 'post' ? `${it.offset} ${it.author} ${it.body ?? ''}` : it.kind === 'reaction' ? `${it.count}` : undefined;",
  ];
  assert.equal(complaints(...lines), '');
});

test('what is wrong has no type', () => {
  const wrong = [
    ['wire.Commands["join"]["params"]', '{}'],
    ['wire.Commands["join"]["params"]', '{ room: "plaza", shout: true }'],
    ['wire.Commands["rooms"]["params"]', '{ room: "plaza" }'],
    ['wire.Commands["post"]["params"]', '{ room: "plaza", key: "k", body: "b", reply_to: null }'],
    ['wire.Commands["post"]["params"]', '{ room: "plaza", key: "k", body: "b", mentions: "m" }'],
    ['wire.Commands["history"]["params"]', '{ room: "plaza" }'],
    ['wire.Commands["post"]["result"]', '{ offset: "13" }'],
    ['wire.Method', '"shout"'],
    ['wire.CommandFrame', '{ jsonrpc: "2.0", id: 1, method: "join", params: {} }'],
    ['wire.CommandFrame', '{ jsonrpc: "2.0", method: "rooms", params: {} }'],
    ['wire.RejectName', '"nope"'],
  ];
  // TypeScript fails where it expects a mistake and finds none.
  assert.equal(complaints(...wrong.flatMap((one) => ['// @ts-expect-error', constant(...one)])), '');
});
