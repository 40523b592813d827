//! A publication's bytes at rest: the only place of this crate where serde may stand.
//!
//! The plain form is a version byte, JSON, and spaces up to a multiple of [`PAD_BYTES`], so that lengths at rest say little
//! about what was written. It is sealed under the programme's content key for its room and idempotency key: a record that
//! is moved to another room or given another key does not open.

use crate::IdempotencyKey;
use kkanbu_keys::ContentKey;
use kkanbu_model::{
    Author, Body, Event, Handle, MembershipId, Minute, Name, Offset, Publication, Reaction, RoomAddress, RoomSettings,
};
use serde::{Deserialize, Serialize};

/// Bytes that plain envelopes are padded to a multiple of.
const PAD_BYTES: usize = 64;

/// Which form the bytes after the first have.
const VERSION: u8 = 1;

/// A record does not open, or what it holds is no publication that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed publication of this key, room and version")]
pub(crate) struct EnvelopeError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPublication {
    minute: u64,
    event: StoredEvent,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredEvent {
    Post {
        handle: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        badge: Option<String>,
        membership: String,
        body: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reply_to: Option<u64>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        question: bool,
    },
    Edit {
        target: u64,
        body: String,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<String>,
    },
    Retract {
        target: u64,
    },
    React {
        target: u64,
        reaction: String,
        on: bool,
        by: String,
    },
    Answer {
        target: u64,
        on: bool,
    },
    Hide {
        target: u64,
    },
    Restore {
        target: u64,
    },
    Freeze,
    Thaw,
    Slow {
        seconds: u32,
    },
    Notice {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<String>,
    },
    Settings {
        frozen: bool,
        slow_seconds: u32,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        notice: Option<String>,
    },
}

/// Seals what happened in a room under the content key of its programme.
pub(crate) fn seal(
    content_key: &ContentKey,
    room: &RoomAddress,
    key: IdempotencyKey,
    minute: Minute,
    event: &Event,
) -> Result<Vec<u8>, EnvelopeError> {
    let plain = encode(minute, event)?;
    content_key.seal(&context(room, key), &plain).map_err(|_| EnvelopeError)
}

/// Opens what `seal` made for the same room and key.
pub(crate) fn open(
    content_key: &ContentKey,
    room: &RoomAddress,
    key: IdempotencyKey,
    offset: Offset,
    sealed: &[u8],
) -> Result<Publication, EnvelopeError> {
    let plain = content_key.open(&context(room, key), sealed).map_err(|_| EnvelopeError)?;
    let (minute, event) = decode(&plain)?;
    Ok(Publication { offset, minute, event })
}

/// What a sealed envelope belongs to; length-prefixed, so that no two places share a context.
fn context(room: &RoomAddress, key: IdempotencyKey) -> Vec<u8> {
    let parts: [&[u8]; 4] = [b"publication", room.programme.as_str().as_bytes(), room.room.as_str().as_bytes(), &key.0];
    let mut context = Vec::with_capacity(128);
    for part in parts {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part);
    }
    context
}

fn encode(minute: Minute, event: &Event) -> Result<Vec<u8>, EnvelopeError> {
    let mut plain = Vec::with_capacity(4 * PAD_BYTES);
    plain.push(VERSION);
    let stored = StoredPublication { minute: minute.get(), event: StoredEvent::from(event) };
    serde_json::to_writer(&mut plain, &stored).map_err(|_| EnvelopeError)?;
    plain.resize(plain.len().next_multiple_of(PAD_BYTES), b' ');
    Ok(plain)
}

fn decode(plain: &[u8]) -> Result<(Minute, Event), EnvelopeError> {
    let Some((&VERSION, json)) = plain.split_first() else { return Err(EnvelopeError) };
    let stored: StoredPublication = serde_json::from_slice(json).map_err(|_| EnvelopeError)?;
    Ok((Minute::new(stored.minute), stored.event.try_into()?))
}

impl From<&Event> for StoredEvent {
    fn from(event: &Event) -> Self {
        match event {
            Event::Post { author, body, reply_to, mentions, question } => Self::Post {
                handle: author.handle.as_str().to_owned(),
                badge: author.badge.as_ref().map(|badge| badge.as_str().to_owned()),
                membership: membership_text(author.membership),
                body: body.as_str().to_owned(),
                reply_to: reply_to.map(Offset::get),
                mentions: mention_texts(mentions),
                question: *question,
            },
            Event::Edit { target, body, mentions } => {
                Self::Edit { target: target.get(), body: body.as_str().to_owned(), mentions: mention_texts(mentions) }
            }
            Event::Retract { target } => Self::Retract { target: target.get() },
            Event::React { target, reaction, on, by } => Self::React {
                target: target.get(),
                reaction: reaction.as_str().to_owned(),
                on: *on,
                by: membership_text(*by),
            },
            Event::Answer { target, on } => Self::Answer { target: target.get(), on: *on },
            Event::Hide { target } => Self::Hide { target: target.get() },
            Event::Restore { target } => Self::Restore { target: target.get() },
            Event::Freeze => Self::Freeze,
            Event::Thaw => Self::Thaw,
            Event::Slow { seconds } => Self::Slow { seconds: *seconds },
            Event::Notice { text } => Self::Notice { text: body_text(text.as_ref()) },
            Event::Settings(RoomSettings { frozen, slow_seconds, notice }) => {
                Self::Settings { frozen: *frozen, slow_seconds: *slow_seconds, notice: body_text(notice.as_ref()) }
            }
        }
    }
}

impl TryFrom<StoredEvent> for Event {
    type Error = EnvelopeError;

    fn try_from(stored: StoredEvent) -> Result<Self, EnvelopeError> {
        Ok(match stored {
            StoredEvent::Post { handle, badge, membership, body, reply_to, mentions, question } => Self::Post {
                author: Author {
                    handle: read_handle(handle)?,
                    badge: badge.map(|badge| Name::new(&badge).map_err(|_| EnvelopeError)).transpose()?,
                    membership: read_membership(&membership)?,
                },
                body: Body::from_log(body),
                reply_to: reply_to.map(Offset::new),
                mentions: read_mentions(mentions)?,
                question,
            },
            StoredEvent::Edit { target, body, mentions } => Self::Edit {
                target: Offset::new(target),
                body: Body::from_log(body),
                mentions: read_mentions(mentions)?,
            },
            StoredEvent::Retract { target } => Self::Retract { target: Offset::new(target) },
            StoredEvent::React { target, reaction, on, by } => Self::React {
                target: Offset::new(target),
                reaction: Reaction::from_text(&reaction).ok_or(EnvelopeError)?,
                on,
                by: read_membership(&by)?,
            },
            StoredEvent::Answer { target, on } => Self::Answer { target: Offset::new(target), on },
            StoredEvent::Hide { target } => Self::Hide { target: Offset::new(target) },
            StoredEvent::Restore { target } => Self::Restore { target: Offset::new(target) },
            StoredEvent::Freeze => Self::Freeze,
            StoredEvent::Thaw => Self::Thaw,
            StoredEvent::Slow { seconds } => Self::Slow { seconds },
            StoredEvent::Notice { text } => Self::Notice { text: text.map(Body::from_log) },
            StoredEvent::Settings { frozen, slow_seconds, notice } => {
                Self::Settings(RoomSettings { frozen, slow_seconds, notice: notice.map(Body::from_log) })
            }
        })
    }
}

fn body_text(body: Option<&Body>) -> Option<String> {
    body.map(|body| body.as_str().to_owned())
}

fn membership_text(id: MembershipId) -> String {
    format!("{:032x}", u128::from_be_bytes(*id.as_bytes()))
}

fn read_membership(text: &str) -> Result<MembershipId, EnvelopeError> {
    let number = u128::from_str_radix(text, 16).map_err(|_| EnvelopeError)?;
    Ok(MembershipId::from_bytes(number.to_be_bytes()))
}

fn mention_texts(mentions: &[Handle]) -> Vec<String> {
    mentions.iter().map(|handle| handle.as_str().to_owned()).collect()
}

fn read_handle(text: String) -> Result<Handle, EnvelopeError> {
    Handle::new(text).map_err(|_| EnvelopeError)
}

fn read_mentions(texts: Vec<String>) -> Result<Vec<Handle>, EnvelopeError> {
    texts.into_iter().map(read_handle).collect()
}

#[cfg(test)]
mod tests;
