// What the SDK promises its caller: coming in, publications in order, commands answered once.

import { describe, expect, test } from 'vitest';
import { Rejection, SessionEnded } from '../src/sdk';
import { Story, challenge, joinedAt, settled } from './harness';

describe('coming in', () => {
  test('the subprotocol is offered and the seven lines are signed', async () => {
    const story = new Story('code-1');
    await story.comesIn();
    expect(story.socket.subprotocol).toBe('kkanbu.v1');
    const [key, nonce] = ['k'.repeat(43), 'n'.repeat(43)];
    const lines = [
      'kkanbu.v1 challenge',
      'Ed25519',
      'https://rooms.example',
      'anyang-2022',
      'session',
      nonce,
      key,
    ];
    expect(story.signed).toEqual([lines.join('\n')]);
    expect(story.socket.asked('authenticate').params).toMatchObject({ key, code: 'code-1' });
    expect(story.status).toEqual({ kind: 'ready' });
  });

  test('the join code is sent until the key has come in, and never after', async () => {
    const story = new Story('code-1');
    story.socket.onopen?.(undefined as never);
    story.socket.answer('challenge', challenge());
    await settled();
    story.socket.breaks();
    story.clock.pass(4_000);
    await story.comesIn();
    expect(story.socket.asked('authenticate').params['code']).toBe('code-1');
    await story.breaksAndComesBack();
    expect(story.socket.asked('authenticate').params).not.toHaveProperty('code');
  });

  test.each([
    ['server', 'https://elsewhere.example'],
    ['programme', 'seogwipo-2026'],
    ['purpose', 'rotation'],
    ['algorithm', 'Ed448'],
    ['nonce', 'short'],
  ])('a challenge with another %s is not signed, and not asked for again', async (field, value) => {
    const story = new Story();
    story.socket.onopen?.(undefined as never);
    story.socket.answer('challenge', challenge({ [field]: value }));
    await settled();
    story.clock.pass(60_000);
    expect(story.signed).toEqual([]);
    expect(story.status).toEqual({ kind: 'ended', reason: { kind: 'foreign_challenge', field } });
    expect(story.sockets).toHaveLength(1);
  });

  test('a full role ends the session with the name of the refusal', async () => {
    const story = new Story('code-1');
    story.socket.onopen?.(undefined as never);
    story.socket.answer('challenge', challenge());
    await settled();
    story.socket.refuse('authenticate', 3507, 'room_full');
    expect(story.status).toMatchObject({
      kind: 'ended',
      reason: { kind: 'refused', rejection: { code: 3507 } },
    });
    await expect(story.session.command('rooms', {})).rejects.toBeInstanceOf(SessionEnded);
  });

  test('a server that is busy is asked again later', async () => {
    const story = new Story('code-1');
    story.socket.onopen?.(undefined as never);
    story.socket.refuse('challenge', 3001, 'rate_limited', { retry_after_ms: 1234 });
    expect(story.status).toEqual({ kind: 'waiting', ms: 1234, heard: true });
    story.clock.pass(1234);
    expect(story.sockets).toHaveLength(2);
  });
});

describe('coming in late', () => {
  test('a challenge that ran out is asked for again, with the code still there', async () => {
    const story = new Story('code-1');
    story.socket.onopen?.(undefined as never);
    story.socket.answer('challenge', challenge());
    await settled();
    story.socket.refuse('authenticate', 3002, 'no_challenge');
    expect(story.status?.kind).toBe('waiting');
    story.clock.pass(4_000);
    await story.comesIn();
    expect(story.socket.asked('authenticate').params['code']).toBe('code-1');
    expect(story.status).toEqual({ kind: 'ready' });
  });
});

describe('publications', () => {
  test('arrive once and in order over a break, without hole or duplicate', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.posts('plaza', 6);
    story.posts('plaza', 7);
    await story.breaksAndComesBack();
    expect(story.socket.asked('resume').params).toEqual({
      room: 'plaza',
      position: { epoch: 'e1', offset: 7 },
    });
    story.socket.answer('resume', joinedAt('plaza', 9));
    story.posts('plaza', 7);
    story.posts('plaza', 8);
    story.posts('plaza', 9);
    story.posts('plaza', 9);
    story.posts('plaza', 10);
    expect(story.offsets()).toEqual([6, 7, 8, 9, 10]);
    expect(story.started).toHaveLength(1);
  });

  test('a push right behind the reply to join is not missed', async () => {
    const story = new Story();
    await story.comesIn();
    void story.session.join('plaza');
    story.socket.answer('join', joinedAt('plaza', 5));
    story.posts('plaza', 6);
    expect(story.offsets()).toEqual([6]);
  });

  test('a jump of offsets is resumed from the last good position', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.posts('plaza', 6);
    story.posts('plaza', 8);
    expect(story.socket.asked('resume').params).toMatchObject({ position: { epoch: 'e1', offset: 6 } });
    story.posts('plaza', 9);
    story.socket.answer('resume', joinedAt('plaza', 9));
    for (const offset of [7, 8, 9]) story.posts('plaza', offset);
    expect(story.offsets()).toEqual([6, 7, 8, 9]);
  });

  test('a jump that resuming does not close gives the connection up', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.posts('plaza', 8);
    story.socket.answer('resume', joinedAt('plaza', 8));
    story.posts('plaza', 8);
    expect(story.socket.closed).toBe(true);
    expect(story.status?.kind).toBe('waiting');
  });

  test.each(['epoch', 'expired', 'ahead'])(
    'without proven continuity (%s) the room starts anew',
    async (reason) => {
      const story = new Story();
      await story.comesIn();
      await story.joins('plaza', 5);
      story.posts('plaza', 6);
      await story.breaksAndComesBack();
      const position = { epoch: 'e2', offset: 40 };
      story.socket.answer('resume', joinedAt('plaza', 40, { recovered: false, reason, position }));
      expect(story.started.at(-1)).toMatchObject({ position, recovered: false, reason });
      story.posts('plaza', 41);
      expect(story.offsets()).toEqual([6, 41]);
      await story.breaksAndComesBack();
      expect(story.socket.asked('resume').params).toMatchObject({ position: { epoch: 'e2', offset: 41 } });
    },
  );

  test('kinds that are not known count their offset', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.socket.push('publication', { room: 'plaza', offset: 6, minute: 1, kind: 'question' });
    story.posts('plaza', 7);
    expect(story.offsets()).toEqual([6, 7]);
  });

  test('a membership that is gone after a break ends the room', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    await story.breaksAndComesBack();
    story.socket.refuse('resume', 3509, 'not_a_member');
    expect(story.ended).toEqual([{ room: 'plaza', code: 3509, reason: 'not_a_member' }]);
    await story.breaksAndComesBack();
    expect(story.socket.methods()).not.toContain('resume');
  });
});

describe('commands', () => {
  const post = (story: Story, key: string) =>
    story.session.command('post', { room: 'plaza', key, body: `body of ${key}` });
  const keys = (story: Story) =>
    story.socket.commands.filter(({ method }) => method === 'post').map(({ params }) => params['key']);

  test('without a reply are sent again with the same key, in the old order, after resuming', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    const first = post(story, 'one');
    const second = post(story, 'two');
    expect(keys(story)).toEqual(['one']);
    await story.breaksAndComesBack();
    expect(story.socket.methods()).toEqual(['challenge', 'authenticate', 'resume']);
    story.socket.answer('resume', joinedAt('plaza', 5));
    expect(keys(story)).toEqual(['one']);
    story.socket.answer('post', { offset: 6 });
    story.socket.answer('post', { offset: 7 });
    await expect(first).resolves.toEqual({ offset: 6 });
    await expect(second).resolves.toEqual({ offset: 7 });
    expect(keys(story)).toEqual(['one', 'two']);
  });

  test('given while away go out when the session is back', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.socket.breaks();
    const sent = post(story, 'one');
    story.clock.pass(4_000);
    await story.comesIn();
    story.socket.answer('resume', joinedAt('plaza', 5));
    story.socket.answer('post', { offset: 6 });
    await expect(sent).resolves.toEqual({ offset: 6 });
  });

  test('answered before the break are not sent again', async () => {
    const story = new Story();
    await story.comesIn();
    const sent = post(story, 'one');
    story.socket.answer('post', { offset: 6 });
    await sent;
    await story.breaksAndComesBack();
    expect(keys(story)).toEqual([]);
  });

  test('that are asked to wait keep their place and their key', async () => {
    const story = new Story();
    await story.comesIn();
    const first = post(story, 'one');
    void post(story, 'two');
    story.socket.refuse('post', 3001, 'rate_limited', { retry_after_ms: 2_000 });
    story.clock.pass(1_999);
    expect(keys(story)).toEqual(['one']);
    story.clock.pass(1);
    expect(keys(story)).toEqual(['one', 'one']);
    story.socket.answer('post', { offset: 6 });
    await expect(first).resolves.toEqual({ offset: 6 });
    expect(keys(story)).toEqual(['one', 'one', 'two']);
  });

  test('in another room do not wait for a slow one', async () => {
    const story = new Story();
    await story.comesIn();
    void post(story, 'one');
    void story.session.command('post', { room: 'work', key: 'two', body: 'there' });
    expect(keys(story)).toEqual(['one', 'two']);
  });

  test('that are refused tell the name and the data', async () => {
    const story = new Story();
    await story.comesIn();
    const sent = post(story, 'one');
    const findings = [{ kind: 'phone', start: 3, end: 16 }];
    story.socket.refuse('post', 3514, 'confirm_needed', { findings });
    const refusal = await sent.catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Rejection);
    expect(refusal).toMatchObject({ message: 'confirm_needed', data: { findings } });
  });

  test('a leave whose reply was lost counts as done', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    const left = story.session.leave('plaza');
    await story.breaksAndComesBack();
    story.socket.refuse('resume', 3509, 'not_a_member');
    story.socket.refuse('leave', 3509, 'not_a_member');
    await expect(left).resolves.toBeUndefined();
  });
});

describe('what the server tells besides', () => {
  test('phases and mutes are handed on', async () => {
    const story = new Story();
    await story.comesIn();
    const next = { name: '도시과', opens: 9 };
    story.socket.push('phase', { room: 'plaza', phase: 'closed', next });
    story.socket.push('muted', { room: 'plaza', muted_until: 7 });
    story.socket.push('muted', { room: 'plaza' });
    story.socket.push('of_tomorrow', {});
    expect(story.phases).toEqual([{ room: 'plaza', phase: 'closed', next }]);
    expect(story.mutes).toEqual([{ room: 'plaza', muted_until: 7 }, { room: 'plaza' }]);
  });

  test('how a room stands can be asked for without missing or repeating anything', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.posts('plaza', 6);
    story.session.refresh('plaza');
    story.session.refresh('plaza');
    expect(story.socket.methods().filter((method) => method === 'resume')).toHaveLength(1);
    expect(story.socket.asked('resume').params).toMatchObject({ position: { offset: 6 } });
    story.socket.answer('resume', joinedAt('plaza', 7, { muted_until: 9 }));
    expect(story.resumed).toMatchObject([{ muted_until: 9 }]);
    story.posts('plaza', 7);
    expect(story.offsets()).toEqual([6, 7]);
  });

  test('slow mode is told and not waited out: the person decides', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    const sent = story.session.command('post', { room: 'plaza', key: 'one', body: 'x' });
    story.socket.refuse('post', 3003, 'slow_mode', { retry_after_ms: 30_000 });
    await expect(sent).rejects.toMatchObject({ message: 'slow_mode', data: { retry_after_ms: 30_000 } });
    story.clock.pass(60_000);
    expect(story.socket.methods().filter((method) => method === 'post')).toHaveLength(1);
  });

  test('a way that is barred is told from one that broke', async () => {
    const story = new Story();
    story.socket.breaks();
    expect(story.status).toMatchObject({ kind: 'waiting', heard: false });
    story.clock.pass(4_000);
    await story.comesIn();
    story.socket.breaks();
    expect(story.status).toMatchObject({ kind: 'waiting', heard: true });
  });
});
