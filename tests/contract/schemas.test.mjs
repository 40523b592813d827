// `proto/schemas/` against `proto/vectors/`: what is right passes, what is wrong does not where a schema can say so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemas, vectors } from './vectors.mjs';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
for (const [file, schema] of Object.entries(schemas())) {
  ajv.addSchema(schema, file);
}

const assertValid = (name, value, what) => {
  const valid = ajv.getSchema(`${name}.json`);
  assert.ok(valid(value), `${what} is not ${name}: ${JSON.stringify(valid.errors)}\n${JSON.stringify(value)}`);
};

const refused = (name, value) => !ajv.getSchema(`${name}.json`)(value);

/** Every copy of a frame with one more field in one of its objects. */
const withUnknownField = (value) => {
  if (value === null || typeof value !== 'object') return [];
  const inside = Object.entries(value).flatMap(([key, field]) =>
    withUnknownField(field).map((more) => (Array.isArray(value) ? value.with(Number(key), more) : { ...value, [key]: more })),
  );
  return Array.isArray(value) ? inside : [{ ...value, later_field: 1 }, ...inside];
};

test('each schema is one', () => {
  for (const file of Object.keys(schemas())) {
    assert.equal(ajv.validateSchema(ajv.getSchema(file).schema), true, file);
  }
});

test('each command that the server takes passes, and no longer with an unknown field anywhere', () => {
  for (const { name, frame, id, method, params, same_as } of vectors('commands')) {
    const read = JSON.parse(frame);
    if (!same_as) assert.deepEqual(read, { jsonrpc: '2.0', id, method, params }, name);
    assertValid('command', read, name);
    assertValid(`${method}.params`, params, name);
    for (const more of withUnknownField(read)) {
      assert.ok(refused('command', more), `${name}: ${JSON.stringify(more)}`);
    }
  }
});

test('each frame of the server passes, also with unknown fields anywhere', () => {
  const frames = [
    ...vectors('replies').map((vector) => ({ ...vector, schema: 'reply', inner: `${vector.method}.result` })),
    ...vectors('rejections').map((vector) => ({ ...vector, schema: 'reply', inner: 'rejection' })),
    ...vectors('pushes')
      .filter(({ means }) => means !== 'nothing' && means !== 'an offset')
      .map((vector) => ({ ...vector, schema: 'push', inner: `${vector.method}.push` })),
  ];
  for (const { name, frame, schema, inner } of frames) {
    const read = JSON.parse(frame);
    for (const value of [read, ...withUnknownField(read)]) {
      assertValid(schema, value, name);
      assertValid(inner, value.result ?? value.error ?? value.params, name);
    }
  }
});

test('nothing that is left out is null in a frame of the server', () => {
  for (const { name, frame, id } of ['replies', 'rejections', 'pushes'].flatMap(vectors)) {
    JSON.parse(frame, (key, value) => {
      assert.ok(value !== null || (key === 'id' && id === null), `${name}: ${key} is null`);
      return value;
    });
  }
});

test('each frame that the server refuses fails, where a schema can tell', () => {
  // After JSON.parse these look right: it takes the last of two fields, whole numbers however they are written, and lone surrogates.
  const cannotTell = [/ twice$|,"offset":7,"offset":7}$/, / (1\.0|-0|1e2|3\.0|3e0)$/, / "\\ud83d"$/];
  const used = new Set();
  for (const { name, frame } of vectors('rejected').filter(({ close }) => close === undefined)) {
    let read;
    try {
      read = JSON.parse(frame);
    } catch {
      continue;
    }
    const excuse = cannotTell.find((pattern) => pattern.test(name));
    if (!refused('command', read)) {
      assert.ok(excuse, `${name} passes: ${frame}`);
      used.add(excuse);
    }
  }
  assert.equal(used.size, cannotTell.length, 'an excuse that nothing needs');
});

test('a field that the prose calls required is required', () => {
  for (const { name, frame, method } of [...vectors('replies'), ...vectors('pushes').filter(({ means }) => !means)]) {
    const { result, params } = JSON.parse(frame);
    const schema = result ? `${method}.result` : `${method}.push`;
    const { required = [] } = schemas()[`${schema}.json`];
    for (const field of required) {
      const { [field]: _, ...rest } = result ?? params;
      assert.ok(refused(schema, rest), `${name} without ${field}`);
    }
  }
});
