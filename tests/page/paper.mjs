// People before a server of paper (fake.mjs), and the rooms that it has.

import { FakeServer, minute } from './fake.mjs';
import { KOREAN, Person, Watch } from './lib.mjs';

export const NOW = minute();

export function rooms() {
  return [
    { room: 'plaza', name: '깐부 광장' },
    { room: 'relay', name: '도시과', topic: '가을 산책', phase: 'upcoming', opens: NOW + 2 * 1440 },
    { room: 'past', name: '교통과', phase: 'closed', closes: NOW - 1440 },
  ];
}

/** People of the given roles before one fake server, in the plaza. */
export async function inThePlaza(world, roles, { options = KOREAN, changed = {} } = {}) {
  const fake = new FakeServer({ rooms: rooms(), ...changed });
  const watch = new Watch();
  const people = [];
  const contexts = [];
  for (const role of roles) {
    const context = await world.context(options);
    await fake.attach(context);
    const person = await Person.arrives(context, world.link(role), watch);
    await person.entersPlaza();
    people.push(person);
    contexts.push(context);
  }
  const done = async () => {
    watch.isClean();
    for (const context of contexts) await context.close();
  };
  return { fake, people, done };
}
