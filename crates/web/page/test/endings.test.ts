// How connections end: which come back, how long they wait, and how a dead one is noticed.

import { describe, expect, test } from 'vitest';
import { SessionEnded } from '../src/sdk';
import { Story } from './harness';

describe('the end of a connection', () => {
  test.each([1001, 1005, 1006, 1011, 1012, 1015, 4000, 4001, 4003, 4499])(
    'code %i comes back',
    async (code) => {
      const story = new Story();
      await story.comesIn();
      story.socket.breaks(code);
      story.clock.pass(4_000);
      expect(story.sockets).toHaveLength(2);
    },
  );

  test.each([1000, 1002, 1003, 1007, 1008, 1009, 1010, 4500, 4999])(
    'code %i does not come back',
    async (code) => {
      const story = new Story();
      await story.comesIn();
      const waiting = story.session.command('rooms', {});
      story.socket.breaks(code);
      story.clock.pass(60_000);
      expect(story.sockets).toHaveLength(1);
      expect(story.status).toEqual({ kind: 'ended', reason: { kind: 'closed', code } });
      await expect(waiting).rejects.toBeInstanceOf(SessionEnded);
    },
  );

  test('a draining server says how long to wait, and waking up does not shorten it', async () => {
    const story = new Story();
    await story.comesIn();
    story.socket.breaks(4000, 'come back in 7000');
    story.session.wake();
    story.clock.pass(6_999);
    expect(story.sockets).toHaveLength(1);
    story.clock.pass(1);
    expect(story.sockets).toHaveLength(2);
  });

  test('waits grow with each failure and start over after a success', async () => {
    const story = new Story();
    story.clock.chance = 0.999;
    const waits = (): number[] =>
      story.statuses.flatMap((status) => (status.kind === 'waiting' ? [status.ms] : []));
    for (let attempt = 0; attempt < 4; attempt += 1) {
      story.socket.breaks();
      story.clock.pass(4_000);
    }
    expect(waits()).toEqual([499, 999, 1998, 3996]);
    await story.comesIn();
    story.proves();
    story.socket.breaks();
    expect(waits().at(-1)).toBe(499);
  });

  test('a server that lets in and breaks off at once is not hammered', async () => {
    const story = new Story();
    story.clock.chance = 0.999;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await story.comesIn();
      story.socket.breaks();
      story.clock.pass(9_000);
    }
    const waits = story.statuses.flatMap((status) => (status.kind === 'waiting' ? [status.ms] : []));
    expect(waits).toEqual([499, 999, 1998, 3996, 7992]);
  });

  test('waking up cuts an ordinary wait short', async () => {
    const story = new Story();
    await story.comesIn();
    story.socket.breaks();
    story.session.wake();
    expect(story.sockets).toHaveLength(2);
  });

  test('a connection that does not answer a probe is given up', async () => {
    const story = new Story();
    await story.comesIn();
    story.session.wake();
    expect(story.socket.methods()).toContain('rooms');
    story.clock.pass(5_000);
    expect(story.sockets[0]?.closed).toBe(true);
    expect(story.status?.kind).toBe('waiting');
  });

  test('silence for two and a half beats is probed, and an answer is enough', async () => {
    const story = new Story();
    await story.comesIn();
    story.clock.pass(50_000);
    expect(story.socket.methods()).not.toContain('rooms');
    story.clock.pass(25_000);
    story.socket.answer('rooms', { rooms: [] });
    story.clock.pass(10_000);
    expect(story.status?.kind).toBe('ready');
  });

  test('a connection that never gets ready is given up', () => {
    const story = new Story();
    story.clock.pass(20_000);
    expect(story.sockets[0]?.closed).toBe(true);
    expect(story.status?.kind).toBe('waiting');
  });
});
