//! JSON Schemas of what commands, replies and pushes carry, and of the frames around it.

use super::contract::{Contract, Shape};
use kkanbu_model::Offset;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Who writes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// A client: unknown fields are refused.
    Client,
    /// The server: clients ignore unknown fields.
    Server,
}

/// The schema of a type, without definitions elsewhere.
pub(super) fn of<T: JsonSchema>(from: From) -> Value {
    let mut settings = match from {
        From::Client => SchemaSettings::draft2020_12().for_deserialize(),
        From::Server => SchemaSettings::draft2020_12().for_serialize(),
    };
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema, from);
    schema
}

/// Says what the wire does where the types alone say less: what is left out is never null, and numbers have no width.
fn tidy(schema: &mut Value, from: From) {
    let Some(map) = schema.as_object_mut() else { return };
    map.remove("default");
    map.remove("format");
    // What is said of a map's values stays.
    if from == From::Server && map.get("additionalProperties").is_some_and(Value::is_boolean) {
        map.remove("additionalProperties");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".into(), only);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for property in properties.values_mut() {
            tidy(property, from);
        }
    }
    if let Some(items) = map.get_mut("items") {
        tidy(items, from);
    }
    if let Some(Value::Array(cases)) = map.get_mut("oneOf") {
        for case in cases {
            tidy(case, from);
        }
    }
}

/// All schemas by name.
pub(super) fn all(contract: &Contract) -> Vec<(String, Value)> {
    let mut schemas = Vec::new();
    for method in &contract.methods {
        schemas.push(named(params_name(method.name), &method.params));
        schemas.push(named(result_name(method.name), &method.result));
    }
    for push in &contract.pushes {
        schemas.push(named(push_name(push.name), &push.params));
    }
    schemas.push(named("rejection".to_owned(), &contract.rejection));
    schemas.push(("command".to_owned(), command_frame(contract)));
    schemas.push(("reply".to_owned(), reply_frame()));
    if !contract.pushes.is_empty() {
        schemas.push(("push".to_owned(), push_frame(contract)));
    }
    schemas
}

/// Name of the schema of a command's parameters.
pub(super) fn params_name(method: &str) -> String {
    format!("{method}.params")
}

/// Name of the schema of a command's result.
pub(super) fn result_name(method: &str) -> String {
    format!("{method}.result")
}

/// Name of the schema of a push's parameters.
pub(super) fn push_name(push: &str) -> String {
    format!("{push}.push")
}

fn named(name: String, shape: &Shape) -> (String, Value) {
    let mut schema = shape.schema.clone();
    if let Some(map) = schema.as_object_mut() {
        map.insert("title".into(), Value::from(name.as_str()));
    }
    (name, schema)
}

fn id() -> Value {
    json!({ "description": "The client's id for the command.", "type": "integer", "minimum": 0, "maximum": Offset::MAX })
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("{name}.json") })
}

fn version() -> Value {
    json!({ "type": "string", "const": "2.0" })
}

/// A frame with these fields, all of them required.
fn frame(description: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    let properties: Map<String, Value> = fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut required: Vec<Value> = properties.keys().map(|name| Value::from(name.as_str())).collect();
    required.sort_by_key(Value::to_string);
    let mut map = Map::new();
    map.insert("description".into(), Value::from(description));
    map.insert("type".into(), Value::from("object"));
    map.insert("properties".into(), Value::Object(properties));
    map.insert("required".into(), Value::Array(required));
    map
}

fn one_of(title: &str, description: &str, cases: &[Map<String, Value>]) -> Value {
    json!({ "$schema": DIALECT, "title": title, "description": description, "oneOf": cases })
}

fn command_frame(contract: &Contract) -> Value {
    let cases = contract.methods.iter().map(|method| {
        let name = json!({ "type": "string", "const": method.name });
        let params = refer(&params_name(method.name));
        let mut case =
            frame(method.summary, [("jsonrpc", version()), ("id", id()), ("method", name), ("params", params)]);
        case.insert("additionalProperties".into(), Value::Bool(false));
        case
    });
    one_of("command", "What a client sends. Unknown fields are refused.", &cases.collect::<Vec<_>>())
}

fn reply_frame() -> Value {
    let result = json!({ "description": "The command's result: see the schema of its name.", "type": "object" });
    let mut unread = id();
    if let Some(map) = unread.as_object_mut() {
        map.insert("type".into(), json!(["integer", "null"]));
        map.insert("description".into(), "The client's id for the command; null where it could not be read.".into());
    }
    let done = frame("The command was done.", [("jsonrpc", version()), ("id", id()), ("result", result)]);
    let rejected =
        frame("The command was rejected.", [("jsonrpc", version()), ("id", unread), ("error", refer("rejection"))]);
    one_of("reply", "What the server answers. Clients ignore unknown fields.", &[done, rejected])
}

fn push_frame(contract: &Contract) -> Value {
    let cases = contract.pushes.iter().map(|push| {
        let name = json!({ "type": "string", "const": push.name });
        frame(push.summary, [("jsonrpc", version()), ("method", name), ("params", refer(&push_name(push.name)))])
    });
    let description =
        "What the server sends unasked. Clients ignore unknown fields, and pushes of other methods or kinds.";
    one_of("push", description, &cases.collect::<Vec<_>>())
}
