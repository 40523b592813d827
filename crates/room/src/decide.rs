//! The rules: whether a command becomes an event.

use crate::{Finding, Guard, RoomState};
use kkanbu_model::{
    Author, Body, BodyError, Event, Handle, Limits, Membership, Minute, Name, Offset, Reaction, StateVersion,
};

/// A room as a decision sees it.
#[derive(Debug, Clone, Copy)]
pub struct RoomView<'a> {
    /// What has happened.
    pub state: &'a RoomState,
    /// The limits in force.
    pub limits: &'a Limits,
    /// What finds personal data.
    pub guard: &'a Guard,
    /// The member's role as a badge, where [`crate::BADGE_MIN`] of that role are in.
    pub badge: Option<&'a Name>,
}

/// What a member wants to do in a room, as it came over the wire.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Says something.
    Post {
        /// The text.
        body: String,
        /// The post that this one answers.
        reply_to: Option<Offset>,
        /// Handles called by name.
        mentions: Vec<String>,
        /// The guard's findings were shown, and the person insists.
        confirmed: bool,
    },
    /// Replaces the text of an own post.
    Edit {
        /// The post.
        target: Offset,
        /// The new text.
        body: String,
        /// Handles called by name in the new text.
        mentions: Vec<String>,
        /// The guard's findings were shown, and the person insists.
        confirmed: bool,
    },
    /// Takes an own post back.
    Retract {
        /// The post.
        target: Offset,
    },
    /// Sets a reaction or takes it back.
    React {
        /// The post.
        target: Offset,
        /// The emoji.
        reaction: String,
        /// Set, or take back.
        on: bool,
    },
}

// Bodies are never printed.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Post { .. } => "Post(…)",
            Self::Edit { .. } => "Edit(…)",
            Self::Retract { .. } => "Retract(…)",
            Self::React { .. } => "React(…)",
        })
    }
}

/// An event that may be published, provided that the room's state is still this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to publish.
    pub event: Event,
    /// The state that it was decided on.
    pub decided_on: StateVersion,
    /// When, to the minute.
    pub minute: Minute,
}

/// Why a command was not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A moderator has stopped posting.
    #[error("the room is frozen")]
    Frozen,
    /// The body is none.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The guard found something and the person has not insisted.
    #[error("the body looks as if it named somebody")]
    ConfirmNeeded(Vec<Finding>),
    /// No such post.
    #[error("no such post")]
    UnknownPost,
    /// The post was taken back.
    #[error("the post was retracted")]
    PostRetracted,
    /// Somebody else's post.
    #[error("not one's own post")]
    NotYourPost,
    /// A mentioned handle has not posted here.
    #[error("a mentioned handle has not posted here")]
    UnknownHandle,
    /// Too many mentions.
    #[error("too many mentions")]
    TooManyMentions,
    /// Not a reaction of ours.
    #[error("unknown reaction")]
    UnknownReaction,
}

/// Says whether `member` may do `command` in the room now, and what is to be published then.
pub fn decide(view: RoomView<'_>, member: &Membership, command: Command, now: Minute) -> Result<Decision, Rejection> {
    // Taking back is always possible: what somebody regrets must not stand because others were stopped.
    if view.state.is_frozen() && !matches!(command, Command::Retract { .. }) {
        return Err(Rejection::Frozen);
    }
    let event = match command {
        Command::Post { body, reply_to, mentions, confirmed } => {
            if let Some(target) = reply_to {
                standing_post(view, target)?;
            }
            let author = Author { handle: member.handle.clone(), badge: view.badge.cloned(), membership: member.id };
            let body = checked_body(view, &body, confirmed)?;
            Event::Post { author, body, reply_to, mentions: checked_mentions(view, mentions)? }
        }
        Command::Edit { target, body, mentions, confirmed } => {
            own_post(view, member, target)?;
            let body = checked_body(view, &body, confirmed)?;
            Event::Edit { target, body, mentions: checked_mentions(view, mentions)? }
        }
        Command::Retract { target } => {
            own_post(view, member, target)?;
            Event::Retract { target }
        }
        Command::React { target, reaction, on } => {
            standing_post(view, target)?;
            let reaction = Reaction::from_text(&reaction).ok_or(Rejection::UnknownReaction)?;
            Event::React { target, reaction, on, by: member.id }
        }
    };
    Ok(Decision { event, decided_on: view.state.version(), minute: now })
}

fn standing_post(view: RoomView<'_>, target: Offset) -> Result<&crate::PostState, Rejection> {
    let post = view.state.post(target).ok_or(Rejection::UnknownPost)?;
    if post.body.is_none() {
        return Err(Rejection::PostRetracted);
    }
    Ok(post)
}

fn own_post(view: RoomView<'_>, member: &Membership, target: Offset) -> Result<(), Rejection> {
    let post = view.state.post(target).ok_or(Rejection::UnknownPost)?;
    // Whose it is comes before what became of it: others learn nothing new from the order of checks.
    if post.author.membership != member.id {
        return Err(Rejection::NotYourPost);
    }
    standing_post(view, target).map(|_| ())
}

fn checked_body(view: RoomView<'_>, text: &str, confirmed: bool) -> Result<Body, Rejection> {
    let body = Body::new(text, view.limits)?;
    if !confirmed {
        let findings = view.guard.findings(body.as_str());
        if !findings.is_empty() {
            return Err(Rejection::ConfirmNeeded(findings));
        }
    }
    Ok(body)
}

fn checked_mentions(view: RoomView<'_>, mentions: Vec<String>) -> Result<Vec<Handle>, Rejection> {
    if mentions.len() > view.limits.mentions_max {
        return Err(Rejection::TooManyMentions);
    }
    let known = |text: String| {
        Handle::new(text).ok().filter(|handle| view.state.has_posted(handle)).ok_or(Rejection::UnknownHandle)
    };
    mentions.into_iter().map(known).collect()
}
