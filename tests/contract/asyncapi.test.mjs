// `proto/asyncapi.yaml` is AsyncAPI 3, says AsyncAPI's own parser; and its examples are what its payloads say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PROTO, json, read } from './vectors.mjs';

const ERROR = 0;
const problems = (diagnostics) =>
  diagnostics.filter(({ severity }) => severity === ERROR).map(({ message, path }) => `${path.join('.')}: ${message}`);

const parse = (text) => new Parser().parse(text, { source: `${PROTO}asyncapi.yaml` });

const whole = parse(read('asyncapi.yaml'));

test('the document has no errors', async () => {
  const { diagnostics } = await whole;
  assert.deepEqual(problems(diagnostics), []);
});

test('there is an operation for each command, with its reply, and for each push', async () => {
  const { document } = await whole;
  const operations = document.operations().all();
  const received = operations.filter((operation) => operation.isReceive());
  const sent = operations.filter((operation) => operation.isSend());
  const methods = (frame) => json(`schemas/${frame}.json`).oneOf.map(({ properties }) => properties.method.const);
  assert.deepEqual(received.map((operation) => operation.id()), methods('command'));
  assert.deepEqual(sent.map((operation) => operation.id()), methods('push'));
  for (const operation of received) {
    const replies = operation.reply().messages().all();
    assert.deepEqual(replies.map((message) => message.id()), [`${operation.id()}.done`, 'rejected']);
  }
});

test('each message has examples, and they are what its payload says', async () => {
  const { document } = await whole;
  for (const message of document.components().messages().all()) {
    // The parser's own notes have names that begin so.
    const payload = JSON.parse(JSON.stringify(message.payload().json(), (key, value) =>
      key.startsWith('x-parser-') ? undefined : value));
    const valid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(payload);
    const examples = message.examples().all();
    assert.notEqual(examples.length, 0, message.id());
    for (const example of examples) {
      assert.ok(valid(example.payload()), `${message.id()}, ${example.name()}: ${JSON.stringify(valid.errors)}`);
    }
  }
});

test('a reference that leads nowhere would be found', async () => {
  const { diagnostics } = await parse(read('asyncapi.yaml').replace('./schemas/join.params.json', './schemas/gone.json'));
  assert.match(problems(diagnostics).join('\n'), /join\.payload/);
});
