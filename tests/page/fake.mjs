// A server of paper behind the page's WebSocket: it speaks the members' wire as `proto/` has it, and shows the page what no
// test can wait for with a real one, as a mute of two hours, a room that opens in October, a network without WebSocket.
//
// It keeps no promise but that of the wire's form. What only a real server can show is tested against that.

const EPOCH = '00000000000000e1';
const LIMITS = {
  frame_bytes_max: 32768,
  body_graphemes_max: 2000,
  body_bytes_max: 8000,
  mentions_max: 10,
  history_posts_max: 50,
  posts_per_minute: 30,
  posts_burst: 10,
  heartbeat_seconds: 25,
  rooms_max: 32,
};
const HANDLES = [
  '용감한 고라니',
  '느긋한 수달',
  '반듯한 두루미',
  '명랑한 다람쥐',
  '든든한 반달곰',
  '고요한 소쩍새',
];
const REFUSALS = {
  slow_mode: 3003,
  not_a_member: 3509,
  room_frozen: 3513,
  room_not_open: 3526,
  room_closed: 3527,
  muted: 3528,
  removed: 3529,
  may_not_answer: 3531,
  post_hidden: 3532,
  wrong_code: 3506,
  not_admitted: 3505,
};

export const PROGRAMME = {
  id: 'anyang-2022',
  name: '안양깐부 Talk',
  organisation: '안양시',
  language: 'ko',
  purposes: ['업무 노하우 전수', '공직 내 유용한 정보공유', '정서적 유대감 형성', '공직생활의 고충 상담'],
  roles: [
    {
      id: 'mentor',
      name: '멘토',
      seats: 17,
      admission: 'screened',
      eligibility: '재직 3~7년차 공무원',
      answers: true,
    },
    {
      id: 'mentee',
      name: '멘티',
      seats: 37,
      admission: 'first-come',
      eligibility: '신규공무원',
      answers: false,
    },
  ],
  timezone: 'Asia/Seoul',
  retention_days: 30,
};

class Refused extends Error {
  constructor(name, data = {}) {
    super(name);
    this.data = data;
  }
}

export class FakeServer {
  #sockets = new Set();
  #members = new Map();
  rooms = new Map();
  next;
  /** What the last upgrades have met; `barred` ones never open. */
  barred = false;
  programme;

  constructor({ rooms, programme = PROGRAMME, next }) {
    this.programme = programme;
    this.next = next;
    for (const room of rooms) {
      this.rooms.set(room.room, {
        info: { size: '10-29', frozen: false, phase: 'open', ...room },
        log: [],
        posts: new Map(),
        slow_seconds: 0,
        notice: undefined,
        members: new Map(),
      });
    }
  }

  async attach(context) {
    await context.routeWebSocket(/\/ws$/, (socket) => {
      if (this.barred) return void socket.close({ code: 1006 });
      const connection = { socket, joined: new Set(), member: null, code: null };
      this.#sockets.add(connection);
      socket.onMessage((text) => this.#receive(connection, JSON.parse(text)));
      socket.onClose(() => this.#sockets.delete(connection));
    });
  }

  /** As a moderator does it, by the names of the admin socket. */
  moderate(act, room, extra = {}) {
    const state = this.rooms.get(room);
    switch (act) {
      case 'room.freeze':
        state.info.frozen = true;
        return this.#publish(room, { kind: 'freeze' });
      case 'room.thaw':
        state.info.frozen = false;
        return this.#publish(room, { kind: 'thaw' });
      case 'room.slow':
        state.slow_seconds = extra.seconds;
        return this.#publish(room, { kind: 'slow', slow_seconds: extra.seconds });
      case 'room.notice':
        state.notice = extra.text && { text: extra.text, minute: minute() };
        return this.#publish(room, { kind: 'notice', ...(extra.text ? { text: extra.text } : {}) });
      case 'post.hide':
        state.posts.get(extra.target).hidden = true;
        return this.#publish(room, { kind: 'hide', target: extra.target });
      case 'post.restore': {
        const post = state.posts.get(extra.target);
        post.hidden = false;
        return this.#publish(room, { kind: 'restore', target: extra.target, body: post.body });
      }
      case 'member.mute': {
        const member = this.#memberOf(room, extra.handle);
        state.members.get(member).muted_until = extra.until;
        return this.#toMember(member, 'muted', {
          room,
          ...(extra.until ? { muted_until: extra.until } : {}),
        });
      }
      case 'member.remove': {
        const member = this.#memberOf(room, extra.handle);
        state.members.get(member).removed = true;
        return this.#toMember(member, 'room_ended', { room, code: 2502, reason: 'removed' });
      }
      case 'member.restore':
        return void state.members.delete(this.#memberOf(room, extra.handle));
      default:
        throw new Error(act);
    }
  }

  /** The calendar moves on. */
  phase(room, phase, next) {
    this.rooms.get(room).info.phase = phase;
    this.next = next;
    for (const connection of this.#sockets)
      this.#push(connection, 'phase', { room, phase, ...(next ? { next } : {}) });
  }

  /** Somebody else says something. */
  says(room, author, body, extra = {}) {
    return this.#post(room, author, null, { body, ...extra });
  }

  answered(room, target, on = true) {
    this.rooms.get(room).posts.get(target).answered = on;
    this.#publish(room, { kind: 'answered', target, on });
  }

  drop() {
    for (const { socket } of this.#sockets) void socket.close({ code: 1012 });
    this.#sockets.clear();
  }

  #receive(connection, { id, method, params }) {
    const reply = (body) =>
      connection.socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...body }).padEnd(512));
    try {
      // A reply may be followed by pushes, so it goes first.
      const after = [];
      const result = this[`_${method}`](connection, params ?? {}, after);
      reply({ result });
      for (const then of after) then();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reply({ error: { code: REFUSALS[error.message] ?? 3500, message: error.message, data: error.data } });
    }
  }

  _preview(_, { code }) {
    return { programme: this.programme, role: this.#roleOf(code) };
  }

  _challenge(connection, { programme }) {
    return {
      algorithm: 'Ed25519',
      server: new URL(connection.socket.url()).origin.replace(/^ws/, 'http'),
      programme,
      purpose: 'session',
      nonce: 'n'.repeat(43),
    };
  }

  _authenticate(connection, { key, code }) {
    const known = this.#members.get(key);
    if (!known && code === undefined) throw new Refused('not_admitted');
    const role = known ?? this.#roleOf(code);
    this.#members.set(key, role);
    connection.member = key;
    const { programme } = this;
    return {
      programme,
      role,
      ...this._rooms(connection),
      limits: LIMITS,
      reactions: ['👍', '❤️', '😊', '😮', '😢', '🙏'],
    };
  }

  _rooms({ member }) {
    const rooms = [...this.rooms.values()].map(({ info, members }) => {
      const handle = members.get(member)?.handle;
      return { ...info, ...(handle ? { handle } : {}) };
    });
    return { rooms, ...(this.next ? { next: this.next } : {}) };
  }

  _join(connection, { room }) {
    const state = this.rooms.get(room);
    const { member } = connection;
    if (state.members.get(member)?.removed) throw new Refused('removed');
    if (!state.members.has(member)) {
      if (state.info.phase !== 'open')
        throw new Refused(state.info.phase === 'closed' ? 'room_closed' : 'room_not_open');
      const taken = new Set([...state.members.values()].map(({ handle }) => handle));
      state.members.set(member, { handle: HANDLES.find((handle) => !taken.has(handle)) });
    }
    return this.#joined(connection, room);
  }

  _resume(connection, { room, position }, after) {
    const state = this.rooms.get(room);
    const member = state.members.get(connection.member);
    if (member?.removed) throw new Refused('removed');
    if (!member) throw new Refused('not_a_member');
    for (const publication of state.log.filter(({ offset }) => offset > position.offset))
      after.push(() => this.#push(connection, 'publication', publication));
    return this.#joined(connection, room);
  }

  _leave(connection, { room }) {
    connection.joined.delete(room);
    this.rooms.get(room).members.delete(connection.member);
    return {};
  }

  _post({ member }, { room, body, reply_to, mentions, question }) {
    const state = this.#mayWrite(room, member);
    const wait = state.slow_seconds * 1000 - (Date.now() - (state.members.get(member).postedAt ?? 0));
    if (wait > 0) throw new Refused('slow_mode', { retry_after_ms: wait });
    state.members.get(member).postedAt = Date.now();
    const { handle } = state.members.get(member);
    return { offset: this.#post(room, handle, member, { body, reply_to, mentions, question }) };
  }

  _edit({ member }, { room, target, body, mentions = [] }) {
    const post = this.#mayWrite(room, member).posts.get(target);
    Object.assign(post, { body, mentions, edited: true });
    return { offset: this.#publish(room, { kind: 'edit', target, body, mentions }) };
  }

  _retract(_, { room, target }) {
    this.rooms.get(room).posts.get(target).retracted = true;
    return { offset: this.#publish(room, { kind: 'retract', target }) };
  }

  _react({ member }, { room, target, reaction, on }) {
    this.#mayWrite(room, member);
    return { offset: this.#publish(room, { kind: 'reaction', target, reaction, count: on ? 1 : 0 }) };
  }

  _answer({ member }, { room, target, on }) {
    const post = this.#mayWrite(room, member).posts.get(target);
    if (post.by !== member && !this.#members.get(member).answers) throw new Refused('may_not_answer');
    post.answered = on;
    return { offset: this.#publish(room, { kind: 'answered', target, on }) };
  }

  _history({ member }, { room, before = Infinity, limit, open_questions }) {
    const wanted = [...this.rooms.get(room).posts.values()].filter(
      (post) =>
        post.offset < before &&
        (!open_questions || (post.question && !post.answered && !post.retracted && !post.hidden)),
    );
    const posts = wanted.slice(-limit).map(({ by, ...post }) => {
      const shown = { ...post, mine: by === member };
      if (post.retracted || post.hidden) delete shown.body;
      return shown;
    });
    return { epoch: EPOCH, posts, more: wanted.length > limit };
  }

  #joined(connection, room) {
    connection.joined.add(room);
    const { info, log, slow_seconds, notice, members } = this.rooms.get(room);
    const { handle, muted_until } = members.get(connection.member);
    return {
      room,
      handle,
      position: { epoch: EPOCH, offset: log.length },
      size: info.size,
      frozen: info.frozen,
      phase: info.phase,
      slow_seconds,
      ...(notice ? { notice } : {}),
      ...(muted_until ? { muted_until } : {}),
      recovered: true,
    };
  }

  #mayWrite(room, member) {
    const state = this.rooms.get(room);
    const { muted_until } = state.members.get(member) ?? {};
    if (state.info.phase === 'closed') throw new Refused('room_closed');
    if (muted_until) throw new Refused('muted', { muted_until });
    if (state.info.frozen) throw new Refused('room_frozen');
    return state;
  }

  #post(room, author, by, { body, reply_to, mentions = [], question = false, role, at = minute() }) {
    const said = {
      author,
      body,
      ...(role ? { role } : {}),
      ...(reply_to ? { reply_to } : {}),
      ...(mentions.length ? { mentions } : {}),
      ...(question ? { question } : {}),
    };
    const offset = this.#publish(room, { kind: 'post', ...said }, at);
    const fresh = { edited: false, retracted: false, hidden: false, answered: false, reactions: [] };
    this.rooms.get(room).posts.set(offset, { offset, minute: at, ...fresh, ...said, question, mentions, by });
    return offset;
  }

  #publish(room, what, at = minute()) {
    const { log } = this.rooms.get(room);
    const publication = { room, offset: log.length + 1, minute: at, ...what };
    log.push(publication);
    for (const connection of this.#sockets)
      if (connection.joined.has(room)) this.#push(connection, 'publication', publication);
    return publication.offset;
  }

  #push({ socket }, method, params) {
    socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }).padEnd(512));
  }

  #toMember(member, method, params) {
    for (const connection of this.#sockets)
      if (connection.member === member) this.#push(connection, method, params);
  }

  #memberOf(room, handle) {
    const found = [...this.rooms.get(room).members].find(([, member]) => member.handle === handle);
    if (!found) throw new Error(`nobody is called ${handle}`);
    return found[0];
  }

  #roleOf(code) {
    const role = this.programme.roles.find(({ id }) => id === code);
    if (!role) throw new Refused('wrong_code');
    return role;
  }
}

export function minute(from = Date.now()) {
  return Math.floor(from / 60_000);
}
