//! A publication as the wire shows it, given what became of it since.

use kkanbu_model::{Event, Handle, Offset, Publication, RoomAddress};
use kkanbu_room::{PostState, RoomState};
use kkanbu_wire::What;

/// What members get to see of a post's text now.
struct Text {
    body: Option<String>,
    mentions: Vec<String>,
    retracted: bool,
    hidden: bool,
}

pub(super) fn to_wire(address: &RoomAddress, state: &RoomState, publication: &Publication) -> kkanbu_wire::Publication {
    kkanbu_wire::Publication {
        room: address.room.to_string(),
        offset: publication.offset.get(),
        minute: publication.minute.get(),
        what: what(state, publication),
    }
}

fn what(state: &RoomState, publication: &Publication) -> What {
    match &publication.event {
        Event::Post { author, reply_to, question, .. } => {
            let Text { body, mentions, retracted, hidden } = text(state.post(publication.offset), publication.offset);
            What::Post {
                author: author.handle.as_str().to_owned(),
                role: author.badge.as_ref().map(|badge| badge.as_str().to_owned()),
                body,
                reply_to: reply_to.map(Offset::get),
                mentions,
                retracted,
                hidden,
                question: *question,
            }
        }
        Event::Edit { target, .. } => {
            let Text { body, mentions, retracted, hidden } = text(state.post(*target), publication.offset);
            What::Edit { target: target.get(), body, mentions, retracted, hidden }
        }
        Event::Retract { target } => What::Retract { target: target.get() },
        Event::React { target, reaction, .. } => What::Reaction {
            target: target.get(),
            reaction: reaction.as_str().to_owned(),
            count: state.reaction_count(*target, *reaction),
        },
        Event::Answer { target, on } => What::Answered { target: target.get(), on: *on },
        Event::Hide { target } => What::Hide { target: target.get() },
        Event::Restore { target } => {
            let post = state.post(*target);
            let body = post.and_then(PostState::body).map(|body| body.as_str().to_owned());
            What::Restore { target: target.get(), body, mentions: texts(post.map_or(&[][..], PostState::mentions)) }
        }
        Event::Freeze => What::Freeze,
        Event::Thaw => What::Thaw,
        Event::Slow { seconds } => What::Slow { slow_seconds: *seconds },
        Event::Notice { .. } => What::Notice { text: notice(state) },
        Event::Settings(settings) => {
            What::Settings { frozen: settings.frozen, slow_seconds: settings.slow_seconds, text: notice(state) }
        }
    }
}

/// The text of a post, where the publication at `offset` is the one that holds it now: a text that was replaced, taken back or hidden since, or
/// belongs to a post that is no longer kept, is nobody's to read.
fn text(post: Option<&PostState>, offset: Offset) -> Text {
    let shown = post.filter(|post| post.has_its_text_at(offset));
    Text {
        body: shown.and_then(PostState::body).map(|body| body.as_str().to_owned()),
        mentions: texts(shown.map_or(&[][..], PostState::mentions)),
        retracted: post.is_none_or(|post| post.retracted),
        hidden: post.is_some_and(|post| post.hidden),
    }
}

fn texts(handles: &[Handle]) -> Vec<String> {
    handles.iter().map(|handle| handle.as_str().to_owned()).collect()
}

/// The notice that is up now: one that was replaced since is not shown any more.
fn notice(state: &RoomState) -> Option<String> {
    state.notice().map(|(text, _)| text.as_str().to_owned())
}
