//! Golden vectors: frames and values with what they mean, made from fixed inputs by the server's own code.
//!
//! What must be refused, and how, is written down by hand beside each frame; generating fails where the code sees it otherwise.

mod bodies;
mod commands;
pub(super) mod fixed;
mod numbers;
mod pushes;
pub(super) mod refused;
pub(super) mod refused_params;
mod rejections;
mod server;
mod signatures;

use super::json::escape_unseen;
use serde::Serialize;
use serde_json::value::RawValue;

pub(super) use commands::CommandVector;
pub(super) use pushes::PushVector;
pub(super) use rejections::RejectionVector;
pub(super) use server::ReplyVector;

/// A file of vectors.
#[derive(Serialize)]
struct File<'a, T> {
    about: &'a str,
    vectors: &'a [T],
}

/// All vectors.
pub(super) struct Vectors {
    pub(super) commands: Vec<CommandVector>,
    pub(super) replies: Vec<ReplyVector>,
    pub(super) pushes: Vec<PushVector>,
    pub(super) rejections: Vec<RejectionVector>,
    rejected: Vec<refused::Refusal>,
    bodies: Vec<bodies::BodyVector>,
    padding: Vec<numbers::PaddingVector>,
    closes: Vec<numbers::CloseVector>,
    signatures: signatures::SigningVectors,
}

/// Makes all vectors.
pub(super) fn all() -> anyhow::Result<Vectors> {
    Ok(Vectors {
        commands: commands::vectors()?,
        replies: server::replies()?,
        pushes: pushes::vectors()?,
        rejections: rejections::vectors()?,
        rejected: refused::vectors()?,
        bodies: bodies::vectors()?,
        padding: numbers::padding(),
        closes: numbers::closes()?,
        signatures: signatures::vectors()?,
    })
}

impl Vectors {
    /// The files' texts by name.
    pub(super) fn files(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        Ok(vec![
            ("commands", file(commands::ABOUT, &self.commands)?),
            ("replies", file(server::ABOUT, &self.replies)?),
            ("pushes", file(pushes::ABOUT, &self.pushes)?),
            ("rejections", file(rejections::ABOUT, &self.rejections)?),
            ("rejected", file(refused::ABOUT, &self.rejected)?),
            ("text", file(bodies::ABOUT, &self.bodies)?),
            ("padding", file(numbers::ABOUT_PADDING, &self.padding)?),
            ("close", file(numbers::ABOUT_CLOSES, &self.closes)?),
            ("signatures", text(&self.signatures)?),
        ])
    }
}

/// A file of vectors as text.
pub(super) fn file<T: Serialize>(about: &str, vectors: &[T]) -> anyhow::Result<String> {
    text(&File { about, vectors })
}

fn text(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(escape_unseen(&serde_json::to_string_pretty(value)?) + "\n")
}

/// JSON as it is written, whatever order of keys `serde_json` keeps.
pub(super) fn raw(value: &impl Serialize) -> anyhow::Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(value)?)
}
