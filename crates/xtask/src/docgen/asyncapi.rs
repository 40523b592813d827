//! The protocol as `AsyncAPI` 3: one server, one channel, an operation for each command with its reply and for each push.
//!
//! Written as text: YAML takes JSON as it is, so that examples are the vectors' frames byte for byte.

use super::contract::Contract;
use super::schemas::{params_name, push_name, result_name};
use super::vectors::Vectors;
use kkanbu_model::Offset;
use kkanbu_wire::{PATH, SUBPROTOCOL};
use serde_json::Value;
use std::fmt::Write;

/// Name of the message that answers `method` when it was done.
fn done(method: &str) -> String {
    format!("{method}.done")
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The document.
pub(super) fn document(contract: &Contract, vectors: &Vectors) -> anyhow::Result<String> {
    let mut out = head();
    let commands: Vec<&str> = contract.methods.iter().map(|method| method.name).collect();
    let pushes: Vec<&str> = contract.pushes.iter().map(|push| push.name).collect();
    let replies: Vec<String> = commands.iter().map(|method| done(method)).collect();
    let all = commands.iter().copied().chain(replies.iter().map(String::as_str)).chain(["rejected"]).chain(pushes);
    for name in all {
        writeln!(out, "      {name}:\n        $ref: '#/components/messages/{name}'")?;
    }
    operations(&mut out, contract)?;
    messages(&mut out, contract, vectors)?;
    out.push_str(&shared());
    Ok(out)
}

fn head() -> String {
    format!(
        r"# Generated from the server's types by `cargo xtask docgen`. README.md beside this file says what happens when.
asyncapi: 3.0.0
info:
  title: kkanbu, the members' wire
  version: {version}
  license:
    name: Apache-2.0
  description: >-
    Anonymous mentor rooms over one WebSocket: JSON-RPC 2.0, one object a text frame. Frames of the server end in spaces.
    Commands with unknown fields are refused; clients ignore unknown fields and unknown pushes. codes.md lists what
    rejects a command, ends a room or closes the session.
defaultContentType: application/json
servers:
  local:
    host: localhost:8080
    protocol: ws
    description: What `kkanbu demo` starts. Elsewhere the origin of the join link, by wss.
channels:
  members:
    address: {PATH}
    title: A member's session
    description: One live connection. It belongs to nobody until `authenticate`.
    servers:
      - $ref: '#/servers/local'
    bindings:
      ws:
        method: GET
        headers:
          type: object
          required: [Sec-WebSocket-Protocol]
          properties:
            Sec-WebSocket-Protocol:
              type: string
              const: {SUBPROTOCOL}
    messages:
",
        version = quoted(SUBPROTOCOL.trim_start_matches("kkanbu.")),
    )
}

fn operations(out: &mut String, contract: &Contract) -> anyhow::Result<()> {
    out.push_str("operations:\n");
    for method in &contract.methods {
        let (name, summary, done) = (method.name, quoted(method.summary), done(method.name));
        write!(
            out,
            r"  {name}:
    action: receive
    summary: {summary}
    channel:
      $ref: '#/channels/members'
    messages:
      - $ref: '#/channels/members/messages/{name}'
    reply:
      channel:
        $ref: '#/channels/members'
      messages:
        - $ref: '#/channels/members/messages/{done}'
        - $ref: '#/channels/members/messages/rejected'
"
        )?;
    }
    for push in &contract.pushes {
        let (name, summary) = (push.name, quoted(push.summary));
        write!(
            out,
            r"  {name}:
    action: send
    summary: {summary}
    channel:
      $ref: '#/channels/members'
    messages:
      - $ref: '#/channels/members/messages/{name}'
"
        )?;
    }
    Ok(())
}

/// A message: what else it holds beside `jsonrpc`, and its examples as name and frame.
struct Message<'a> {
    name: String,
    summary: String,
    correlated: bool,
    fields: Vec<(&'a str, String)>,
    /// Whether other fields are refused.
    closed: bool,
    examples: Vec<(&'a str, &'a str)>,
}

fn refer(schema: &str) -> String {
    format!("{{ $ref: './schemas/{schema}.json' }}")
}

fn exactly(text: &str) -> String {
    format!("{{ type: string, const: {text} }}")
}

const ID: &str = "{ $ref: '#/components/schemas/id' }";

fn messages(out: &mut String, contract: &Contract, vectors: &Vectors) -> anyhow::Result<()> {
    out.push_str("components:\n  messages:\n");
    for method in &contract.methods {
        let name = method.name;
        let params = refer(&params_name(name));
        let own = vectors.commands.iter().filter(|vector| vector.method == name && vector.same_as.is_none());
        message(
            out,
            &Message {
                name: name.to_owned(),
                summary: method.summary.to_owned(),
                correlated: true,
                fields: vec![("id", ID.to_owned()), ("method", exactly(name)), ("params", params)],
                closed: true,
                examples: own.map(|vector| (vector.name.as_str(), vector.frame.as_str())).collect(),
            },
        )?;
        let own = vectors.replies.iter().filter(|vector| vector.method == name && vector.means.is_none());
        message(
            out,
            &Message {
                name: done(name),
                summary: format!("`{name}` was done."),
                correlated: true,
                fields: vec![("id", ID.to_owned()), ("result", refer(&result_name(name)))],
                closed: false,
                examples: own.map(|vector| (vector.name, vector.frame.as_str())).collect(),
            },
        )?;
    }
    message(
        out,
        &Message {
            name: "rejected".to_owned(),
            summary: "A command was rejected; `id` is null where it could not be read.".to_owned(),
            correlated: true,
            fields: vec![("id", "{ $ref: '#/components/schemas/idOrNull' }".to_owned()), ("error", refer("rejection"))],
            closed: false,
            examples: vectors.rejections.iter().map(|vector| (vector.name, vector.frame.as_str())).collect(),
        },
    )?;
    for push in &contract.pushes {
        let own = vectors.pushes.iter().filter(|vector| vector.method == push.name && vector.means.is_none());
        message(
            out,
            &Message {
                name: push.name.to_owned(),
                summary: push.summary.to_owned(),
                correlated: false,
                fields: vec![("method", exactly(push.name)), ("params", refer(&push_name(push.name)))],
                closed: false,
                examples: own.map(|vector| (vector.name, vector.frame.as_str())).collect(),
            },
        )?;
    }
    Ok(())
}

fn message(out: &mut String, message: &Message<'_>) -> anyhow::Result<()> {
    writeln!(out, "    {}:\n      summary: {}", message.name, quoted(&message.summary))?;
    if message.correlated {
        writeln!(out, "      correlationId:\n        $ref: '#/components/correlationIds/id'")?;
    }
    let names: Vec<&str> = message.fields.iter().map(|(name, _)| *name).collect();
    writeln!(out, "      payload:\n        type: object\n        required: [jsonrpc, {}]", names.join(", "))?;
    if message.closed {
        writeln!(out, "        additionalProperties: false")?;
    }
    writeln!(out, "        properties:\n          jsonrpc: {{ type: string, const: '2.0' }}")?;
    for (name, schema) in &message.fields {
        writeln!(out, "          {name}: {schema}")?;
    }
    writeln!(out, "      examples:")?;
    for (name, frame) in &message.examples {
        writeln!(out, "        - name: {}\n          payload: {frame}", quoted(name))?;
    }
    Ok(())
}

fn shared() -> String {
    format!(
        r"  correlationIds:
    id:
      description: The reply has the id of its command.
      location: $message.payload#/id
  schemas:
    id:
      type: integer
      minimum: 0
      maximum: {max}
    idOrNull:
      type: [integer, 'null']
      minimum: 0
      maximum: {max}
",
        max = Offset::MAX
    )
}
