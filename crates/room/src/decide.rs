//! The rules: whether a command becomes an event.

use crate::{Finding, Guard, PostState, RoomState};
use kkanbu_model::{
    Author, Body, BodyError, Event, Handle, Limits, Membership, Minute, Name, Offset, Phase, Reaction, StateVersion,
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
    /// What the room is in at the time of the decision.
    pub phase: Phase,
    /// Whether the member's role may mark others' questions as answered.
    pub may_answer: bool,
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
        /// It asks something.
        question: bool,
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
    /// Marks a question as answered, or as open again.
    Answer {
        /// The question.
        target: Offset,
        /// Answered, or open again.
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
            Self::Answer { .. } => "Answer(…)",
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
    /// The room has not opened yet.
    #[error("the room has not opened yet")]
    NotOpen,
    /// The room has closed.
    #[error("the room has closed")]
    Closed,
    /// A moderator has stopped posting.
    #[error("the room is frozen")]
    Frozen,
    /// A moderator forbade the member to write, until then.
    #[error("muted")]
    Muted(Minute),
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
    /// A moderator has hidden the post.
    #[error("the post is hidden")]
    PostHidden,
    /// The post does not ask anything.
    #[error("not a question")]
    NotAQuestion,
    /// Neither the author nor of a role that answers.
    #[error("may not mark the question")]
    MayNotAnswer,
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
    // Taking back is always possible: what somebody regrets must not stand because writing was stopped.
    if !matches!(command, Command::Retract { .. }) {
        may_write(view, member, now)?;
    }
    let event = match command {
        Command::Post { body, reply_to, mentions, confirmed, question } => {
            if let Some(target) = reply_to {
                standing_post(view, target)?;
            }
            let author = Author { handle: member.handle.clone(), badge: view.badge.cloned(), membership: member.id };
            let body = checked_body(view, &body, confirmed)?;
            Event::Post { author, body, reply_to, mentions: checked_mentions(view, mentions)?, question }
        }
        Command::Edit { target, body, mentions, confirmed } => {
            let post = own_post(view, member, target)?;
            standing(post)?;
            let body = checked_body(view, &body, confirmed)?;
            Event::Edit { target, body, mentions: checked_mentions(view, mentions)? }
        }
        Command::Retract { target } => {
            if own_post(view, member, target)?.retracted {
                return Err(Rejection::PostRetracted);
            }
            Event::Retract { target }
        }
        Command::React { target, reaction, on } => {
            standing_post(view, target)?;
            let reaction = Reaction::from_text(&reaction).ok_or(Rejection::UnknownReaction)?;
            Event::React { target, reaction, on, by: member.id }
        }
        Command::Answer { target, on } => {
            let post = standing_post(view, target)?;
            if !post.question {
                return Err(Rejection::NotAQuestion);
            }
            if !view.may_answer && post.author.membership != member.id {
                return Err(Rejection::MayNotAnswer);
            }
            Event::Answer { target, on }
        }
    };
    Ok(Decision { event, decided_on: view.state.version(), minute: now })
}

/// Whether the member may write anything at all now.
fn may_write(view: RoomView<'_>, member: &Membership, now: Minute) -> Result<(), Rejection> {
    match view.phase {
        Phase::Upcoming => return Err(Rejection::NotOpen),
        Phase::Closed => return Err(Rejection::Closed),
        Phase::Open => {}
    }
    if let Some(until) = member.sanction.muted_at(now) {
        return Err(Rejection::Muted(until));
    }
    if view.state.is_frozen() { Err(Rejection::Frozen) } else { Ok(()) }
}

fn standing(post: &PostState) -> Result<&PostState, Rejection> {
    match (post.retracted, post.hidden) {
        (true, _) => Err(Rejection::PostRetracted),
        (false, true) => Err(Rejection::PostHidden),
        (false, false) => Ok(post),
    }
}

fn standing_post(view: RoomView<'_>, target: Offset) -> Result<&PostState, Rejection> {
    standing(view.state.post(target).ok_or(Rejection::UnknownPost)?)
}

fn own_post<'a>(view: RoomView<'a>, member: &Membership, target: Offset) -> Result<&'a PostState, Rejection> {
    let post = view.state.post(target).ok_or(Rejection::UnknownPost)?;
    // Whose it is comes before what became of it: others learn nothing new from the order of checks.
    if post.author.membership != member.id {
        return Err(Rejection::NotYourPost);
    }
    Ok(post)
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
