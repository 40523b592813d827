// What the SDK promises its caller when the network cuts at the worst moments.

import { describe, expect, test } from 'vitest';
import { Story, joinedAt } from './harness';

describe('a network at its worst', () => {
  const post = (story: Story, key: string, room = 'plaza') =>
    story.session.command('post', { room, key, body: `body of ${key}` });
  const sent = (story: Story) =>
    story.socket.commands.filter(({ method }) => method === 'post').map(({ params }) => params['key']);

  test('a cut while catching up goes on from what had arrived', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    await story.breaksAndComesBack();
    story.socket.answer('resume', joinedAt('plaza', 9));
    story.posts('plaza', 6);
    story.posts('plaza', 7);
    await story.breaksAndComesBack();
    expect(story.socket.asked('resume').params).toMatchObject({ position: { epoch: 'e1', offset: 7 } });
    story.socket.answer('resume', joinedAt('plaza', 10));
    for (const offset of [8, 9, 10, 11]) story.posts('plaza', offset);
    expect(story.offsets()).toEqual([6, 7, 8, 9, 10, 11]);
    expect(story.started).toHaveLength(1);
  });

  test('a cut before the reply to resume changes nothing', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    await story.breaksAndComesBack();
    story.posts('plaza', 6);
    await story.breaksAndComesBack();
    expect(story.socket.asked('resume').params).toMatchObject({ position: { epoch: 'e1', offset: 5 } });
    story.socket.answer('resume', joinedAt('plaza', 6));
    story.posts('plaza', 6);
    expect(story.offsets()).toEqual([6]);
  });

  test('a post whose reply was lost is caught up with once, and answered once', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    const one = post(story, 'one');
    await story.breaksAndComesBack();
    story.socket.answer('resume', joinedAt('plaza', 6));
    story.posts('plaza', 6);
    expect(sent(story)).toEqual(['one']);
    story.socket.answer('post', { offset: 6 });
    await expect(one).resolves.toEqual({ offset: 6 });
    await story.breaksAndComesBack();
    story.socket.answer('resume', joinedAt('plaza', 6));
    expect(sent(story)).toEqual([]);
    expect(story.offsets()).toEqual([6]);
  });

  test('a break while asked to wait neither shortens the wait nor changes the order', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    void post(story, 'one');
    void post(story, 'two');
    story.socket.refuse('post', 3001, 'rate_limited', { retry_after_ms: 10_000 });
    await story.breaksAndComesBack();
    story.socket.answer('resume', joinedAt('plaza', 5));
    expect(sent(story)).toEqual([]);
    story.clock.pass(6_000);
    expect(sent(story)).toEqual(['one']);
    story.socket.answer('post', { offset: 6 });
    expect(sent(story)).toEqual(['one', 'two']);
  });

  test('what has had no reply goes out with its key when the room starts anew', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    const one = post(story, 'one');
    await story.breaksAndComesBack();
    const position = { epoch: 'e2', offset: 2 };
    story.socket.answer('resume', joinedAt('plaza', 2, { recovered: false, reason: 'epoch', position }));
    expect(story.started).toHaveLength(2);
    expect(sent(story)).toEqual(['one']);
    story.posts('plaza', 3);
    story.socket.answer('post', { offset: 3 });
    await expect(one).resolves.toEqual({ offset: 3 });
    expect(story.offsets()).toEqual([3]);
  });

  test('nothing that is done on being welcomed lets a post overtake the resume', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    void post(story, 'one');
    story.onWelcome = () => void story.session.join('work');
    await story.breaksAndComesBack();
    expect(story.socket.methods()).toEqual(['challenge', 'authenticate', 'resume', 'join']);
    story.socket.answer('resume', joinedAt('plaza', 5));
    expect(sent(story)).toEqual(['one']);
  });

  test('a room that cannot be resumed yet is asked for again, and the other one does not suffer', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    await story.joins('work', 8);
    void post(story, 'one');
    void post(story, 'two', 'work');
    await story.breaksAndComesBack();
    const [plaza, work] = story.socket.commands.slice(-2);
    expect([plaza?.params['room'], work?.params['room']]).toEqual(['plaza', 'work']);
    story.socket.answer('resume', joinedAt('work', 8));
    story.socket.reject(plaza?.id, 3000, 'unavailable');
    expect(sent(story)).toEqual(['two']);
    story.posts('work', 9);
    story.clock.pass(4_000);
    expect(story.sockets).toHaveLength(2);
    expect(story.socket.asked('resume').params).toMatchObject({ room: 'plaza', position: { offset: 5 } });
    story.socket.answer('resume', joinedAt('plaza', 6));
    expect(sent(story)).toEqual(['two', 'one']);
    story.posts('plaza', 6);
    expect(story.offsets()).toEqual([9, 6]);
  });

  test('a room that pauses is resumed by itself, and what is written meanwhile waits', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    story.socket.push('room_ended', { room: 'plaza', code: 2001, reason: 'log_unavailable' });
    expect(story.suspended).toHaveLength(1);
    void post(story, 'one');
    expect(sent(story)).toEqual([]);
    story.clock.pass(500);
    story.socket.refuse('resume', 3000, 'unavailable');
    story.clock.pass(1_000);
    story.socket.answer('resume', joinedAt('plaza', 5));
    expect(story.resumed).toHaveLength(1);
    expect(story.ended).toEqual([]);
    expect(sent(story)).toEqual(['one']);
  });

  test('a room left in another window while it is resumed stays left', async () => {
    const story = new Story();
    await story.comesIn();
    await story.joins('plaza', 5);
    await story.breaksAndComesBack();
    story.socket.push('room_ended', { room: 'plaza', code: 2500, reason: 'left' });
    story.socket.answer('resume', joinedAt('plaza', 5));
    story.posts('plaza', 6);
    expect(story.ended).toHaveLength(1);
    expect(story.offsets()).toEqual([]);
  });

  test('the first post waits for a join that is asked to wait', async () => {
    const story = new Story();
    await story.comesIn();
    const joined = story.session.join('plaza');
    void post(story, 'one');
    story.socket.refuse('join', 3001, 'rate_limited', { retry_after_ms: 500 });
    expect(sent(story)).toEqual([]);
    story.clock.pass(500);
    story.socket.answer('join', joinedAt('plaza', 5));
    await joined;
    expect(sent(story)).toEqual(['one']);
  });

  test('a hole that stays is met with growing patience', async () => {
    const story = new Story();
    story.clock.chance = 0.999;
    await story.comesIn();
    await story.joins('plaza', 5);
    const waits = (): number[] =>
      story.statuses.flatMap((status) => (status.kind === 'waiting' ? [status.ms] : []));
    for (let turn = 0; turn < 3; turn += 1) {
      for (let push = 0; push < 2 && story.status?.kind === 'ready'; push += 1) {
        story.posts('plaza', 8);
        story.socket.answer('resume', joinedAt('plaza', 8));
      }
      story.clock.pass(9_000);
      await story.comesIn();
      story.socket.answer('resume', joinedAt('plaza', 8));
    }
    expect(waits()).toEqual([499, 999, 1998]);
    expect(story.offsets()).toEqual([]);
  });
});
