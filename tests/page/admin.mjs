// A moderator: JSON-RPC lines over the Unix socket that `demo --json` names.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export class Moderator {
  #socket;
  #waiting = new Map();
  #lastId = 0;

  static async at(path) {
    const moderator = new Moderator();
    moderator.#socket = connect(path);
    await new Promise((resolve, reject) => {
      moderator.#socket.once('connect', resolve);
      moderator.#socket.once('error', reject);
    });
    createInterface({ input: moderator.#socket }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      const { resolve, reject } = moderator.#waiting.get(id) ?? {};
      if (error) reject?.(new Error(`${error.message}: ${JSON.stringify(error.data)}`));
      else resolve?.(result);
    });
    return moderator;
  }

  /** A command in the plaza of Anyang's programme. */
  inPlaza(method, params = {}) {
    return this.does(method, { programme: 'anyang-2022', room: 'plaza', ...params });
  }

  does(method, params) {
    const id = ++this.#lastId;
    this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  end() {
    this.#socket.end();
  }
}
