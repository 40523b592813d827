// Looking before coming in: a connection of its own, and neither key nor seat.

import { beforeEach, expect, test } from 'vitest';
import { Preview } from '../src/sdk';
import type { PreviewResult } from '../src/sdk';
import type { Status } from '../src/sdk';
import { PaperClock, PaperSocket } from './harness';

const link = { programme: 'anyang-2022', code: 'code-1' };
const shown: PreviewResult = {
  programme: {
    id: 'anyang-2022',
    name: '안양깐부 Talk',
    organisation: '안양시',
    language: 'ko',
    purposes: [],
    roles: [],
    timezone: 'Asia/Seoul',
    retention_days: 30,
  },
  role: { id: 'mentee', name: '멘티', seats: 37, admission: 'first-come', answers: false },
};
let clock: PaperClock, sockets: PaperSocket[], seen: PreviewResult[], statuses: Status[], preview: Preview;
const socket = (): PaperSocket => sockets.at(-1) as PaperSocket;
const opens = (): void => socket().onopen?.(undefined as never);

beforeEach(() => {
  [clock, sockets, seen, statuses] = [new PaperClock(), [], [], []];
  preview = new Preview({
    url: 'wss://rooms.example/ws',
    link,
    open: (_, subprotocol) => {
      sockets.push(new PaperSocket(subprotocol));
      return socket();
    },
    clock,
    events: {
      status: (status) => void statuses.push(status),
      shown: (result) => void seen.push(result),
    },
  });
  preview.start();
});

test('one question, one answer, and the connection is closed', () => {
  opens();
  expect(socket().commands).toMatchObject([{ method: 'preview', params: link }]);
  socket().answer('preview', shown);
  expect(seen).toEqual([shown]);
  expect(socket().closed).toBe(true);
  clock.pass(600_000);
  expect(sockets).toHaveLength(1);
  expect(statuses.at(-1)).toEqual({ kind: 'ready' });
});

test.each([
  [3506, 'wrong_code'],
  [3502, 'unknown_programme'],
])('a refusal with %i is final', (code, name) => {
  opens();
  socket().refuse('preview', code, name);
  clock.pass(600_000);
  expect(sockets).toHaveLength(1);
  expect(statuses.at(-1)).toMatchObject({
    kind: 'ended',
    reason: { kind: 'refused', rejection: { message: name } },
  });
});

test('a busy server and a broken line are tried again', () => {
  opens();
  socket().refuse('preview', 3001, 'rate_limited', { retry_after_ms: 700 });
  clock.pass(700);
  expect(sockets).toHaveLength(2);
  socket().breaks();
  clock.pass(1_000);
  expect(sockets).toHaveLength(3);
  opens();
  socket().answer('preview', shown);
  expect(seen).toEqual([shown]);
});

test('a line that never opens is given up after a while', () => {
  clock.pass(20_000);
  expect(sockets[0]?.closed).toBe(true);
  expect(statuses.at(-1)?.kind).toBe('waiting');
});

test('waking up cuts the wait short, and stopping ends it', () => {
  socket().breaks();
  preview.wake();
  expect(sockets).toHaveLength(2);
  socket().breaks();
  preview.stop();
  preview.wake();
  clock.pass(600_000);
  expect(sockets).toHaveLength(2);
});
