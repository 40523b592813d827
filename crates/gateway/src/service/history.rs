//! What was said before: pages of posts as they stand, and the publications that a returning session missed.

use super::{Answer, HistoryWanted, Outcome, Service};
use crate::feed::Feed;
use kkanbu_broker::{BrokerError, GapReason, Page};
use kkanbu_model::{Handle, Membership, Offset, Position};
use kkanbu_room::{HistoryPost, PostState};
use kkanbu_wire::{HistoryPage, PostInfo, ReactionInfo, RoomEndCode};

/// Publications read from the log at once for one session that catches up. Where they are long, a page has fewer.
const CATCH_UP_PUBLICATIONS: usize = 64;

/// JSON around a post in a page, generously.
const POST_OVERHEAD_BYTES: usize = 700;

impl Service {
    pub(super) fn history(&self, feed: &Feed, membership: &Membership, page: HistoryWanted) -> Answer {
        let HistoryWanted { before, limit, open_questions } = page;
        feed.with_state(|state| {
            let wanted = |post: &PostState| !open_questions || post.is_open_question();
            let page = state.page(before, wanted, limit, self.limits.history_bytes_max, cost);
            Answer::History(HistoryPage {
                epoch: feed.position().epoch.to_string(),
                posts: page.posts.iter().map(|post| post_info(post, membership)).collect(),
                more: page.more,
            })
        })
    }

    pub(super) async fn catch_up(&self, feed: &Feed, after: Offset) -> Outcome {
        let room = feed.address.room.clone();
        let position = Position { epoch: feed.position().epoch, offset: after };
        match self.broker.read(&feed.address, position, CATCH_UP_PUBLICATIONS).await {
            Ok(Page::Publications(publications)) => {
                let (frames, last) = feed.frames(&publications);
                Outcome::CaughtUp { room, frames, cursor: last.unwrap_or(after) }
            }
            Ok(Page::Gap(GapReason::Epoch | GapReason::Expired | GapReason::Ahead)) => {
                Outcome::Lost { room, code: RoomEndCode::LogReplaced }
            }
            Err(error) => {
                self.telemetry.broker_failed(&error);
                let code = match error {
                    BrokerError::Closed | BrokerError::UnknownProgramme(_) => RoomEndCode::RoomDestroyed,
                    BrokerError::Overloaded | BrokerError::Unavailable { .. } | BrokerError::Damaged(..) => {
                        RoomEndCode::LogUnavailable
                    }
                };
                Outcome::Lost { room, code }
            }
        }
    }
}

/// At most how many bytes a post takes in a page. JSON escapes at most double a body: it has no control characters but
/// newline and tab.
fn cost(post: &PostState) -> usize {
    let body = post.body().map_or(0, |body| {
        body.as_str().len() + body.as_str().bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t')).count()
    });
    let mentions: usize = post.mentions().iter().map(|handle| handle.as_str().len() + 3).sum();
    body + mentions + POST_OVERHEAD_BYTES
}

fn post_info(HistoryPost { offset, post }: &HistoryPost<'_>, reader: &Membership) -> PostInfo {
    let reactions = post.reactions(reader.id).map(|(reaction, count, mine)| ReactionInfo {
        reaction: reaction.as_str().to_owned(),
        count,
        mine,
    });
    PostInfo {
        offset: offset.get(),
        minute: post.minute.get(),
        author: post.author.handle.as_str().to_owned(),
        role: post.author.badge.as_ref().map(|badge| badge.as_str().to_owned()),
        body: post.body().map(|body| body.as_str().to_owned()),
        edited: post.edited,
        retracted: post.retracted,
        hidden: post.hidden,
        question: post.question,
        answered: post.answered,
        reply_to: post.reply_to.map(Offset::get),
        mentions: post.mentions().iter().map(Handle::as_str).map(str::to_owned).collect(),
        reactions: reactions.collect(),
        mine: post.author.membership == reader.id,
    }
}
