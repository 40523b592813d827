//! What both wires have in common: a JSON-RPC 2.0 call, read more strictly than serde by itself would.

use kkanbu_model::Offset;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest detail of a refusal, in characters. Details may quote what the client sent.
const DETAIL_CHARS_MAX: usize = 200;

/// In which of the ways that JSON-RPC has names for something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not JSON.
    Json,
    /// It is JSON and no call.
    Request,
    /// It is a call whose parameters are not the method's.
    Params,
}

/// What is wrong, and a word on it for developers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) fault: Fault,
    pub(crate) detail: String,
}

/// A text that is no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoCall {
    /// The caller's id, where it could be read.
    pub(crate) id: Option<u64>,
    pub(crate) wrong: Wrong,
}

/// A call whose parameters were not read yet.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) id: u64,
    pub(crate) method: Cow<'a, str>,
    /// As they were written. Missing is as wrong as null.
    pub(crate) params: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Of a text that is no call, the part that its answer needs.
#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// An id that the contract allows.
fn read_id(raw: Option<&RawValue>) -> Option<u64> {
    raw.and_then(|raw| raw.get().parse().ok()).filter(|id| *id <= Offset::MAX)
}

/// serde reads a struct from a JSON array too; the contract knows objects only.
fn is_object(json: &str) -> bool {
    json.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{')
}

impl Wrong {
    pub(crate) fn new(fault: Fault, detail: &str) -> Self {
        Self { fault, detail: short(detail) }
    }

    fn of(error: &serde_json::Error, otherwise: Fault) -> Self {
        Self::new(if error.is_data() { otherwise } else { Fault::Json }, &error.to_string())
    }
}

/// As much of a text as a refusal quotes.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(DETAIL_CHARS_MAX).collect()
}

/// What is wrong with a text that is no JSON object.
fn no_object(text: &str) -> Wrong {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Wrong::new(Fault::Request, "a command is a JSON object; batches are not taken"),
        Err(error) => Wrong::of(&error, Fault::Request),
    }
}

/// Reads a call.
pub(crate) fn read(text: &str) -> Result<Call<'_>, NoCall> {
    if !is_object(text) {
        return Err(NoCall { id: None, wrong: no_object(text) });
    }
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| {
        let id = serde_json::from_str::<IdOnly<'_>>(text).ok().and_then(|fields| read_id(fields.id));
        NoCall { id, wrong: Wrong::of(&error, Fault::Request) }
    })?;
    let id = read_id(fields.id);
    let invalid = |what: &str| NoCall { id, wrong: Wrong::new(Fault::Request, what) };
    let number = id.ok_or_else(|| invalid("id must be a whole number from 0 to 2^53-1"))?;
    if fields.jsonrpc.as_deref() != Some("2.0") {
        return Err(invalid("jsonrpc must be \"2.0\""));
    }
    let method = fields.method.ok_or_else(|| invalid("method is missing"))?;
    Ok(Call { id: number, method, params: fields.params.map_or("null", RawValue::get) })
}

/// Reads the parameters of a call.
pub(crate) fn typed<T: DeserializeOwned>(params: &str) -> Result<T, Wrong> {
    if !is_object(params) {
        return Err(Wrong::new(Fault::Params, "params must be an object"));
    }
    serde_json::from_str(params).map_err(|error| Wrong::of(&error, Fault::Params))
}
