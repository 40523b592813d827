//! Everything that writes into a room: decided by the rules, placed by the log.

use super::{Answer, Change, Member, Outcome, Service, broker_failed, half, rejected, store_failed, too_early};
use crate::feed::Feed;
use kkanbu_broker::{Entry, Found, IdempotencyKey, PublishError};
use kkanbu_keys::ContentKey;
use kkanbu_model::{BodyError, CommandKey, Membership, Name, Offset, StateVersion};
use kkanbu_room::{BADGE_MIN, Command, Decision, RoomView, decide};
use kkanbu_store::MarkError;
use kkanbu_wire::{Finding, FindingKind, Placed, RejectCode, Rejection};

/// Decisions on one command before giving up: each further one means that the room changed meanwhile.
const DECISIONS_MAX: usize = 16;

/// How a command is named in the log.
struct CommandName {
    key: IdempotencyKey,
    fingerprint: [u8; 16],
}

/// What one round of deciding and publishing came to.
enum Round {
    Placed(Offset),
    Again,
}

impl Service {
    pub(super) async fn write(
        &self,
        member: &Member,
        feed: &Feed,
        mut membership: Membership,
        key: CommandKey,
        command: Command,
    ) -> Outcome {
        if let Err(rejection) = Self::take_one(&self.post_rates, &member.key) {
            return rejected(rejection);
        }
        let Ok(content_key) = self.programmes.key(&member.programme.id) else {
            return rejected(Rejection::new(RejectCode::UnknownProgramme));
        };
        let name = name_of(&content_key, member, feed, key, &command);
        let written = async {
            for _ in 0..DECISIONS_MAX {
                match self.round(member, feed, &mut membership, &name, command.clone()).await? {
                    Round::Placed(offset) => return Ok(offset),
                    Round::Again => {}
                }
            }
            Err(Rejection::new(RejectCode::Unavailable))
        };
        let limit = self.limits.publish;
        let result = tokio::time::timeout(limit, written).await.unwrap_or_else(|_| {
            self.telemetry.publish_timed_out();
            Err(Rejection::new(RejectCode::Unavailable))
        });
        let change = Change::Membership(feed.address.room.clone(), membership);
        match result {
            Ok(offset) => {
                self.telemetry.published();
                Outcome::Command(Ok(Answer::Placed(Placed { offset: offset.get() })), change)
            }
            Err(rejection) => Outcome::Command(Err(rejection), change),
        }
    }

    async fn round(
        &self,
        member: &Member,
        feed: &Feed,
        membership: &mut Membership,
        name: &CommandName,
        command: Command,
    ) -> Result<Round, Rejection> {
        let posts = matches!(command, Command::Post { .. });
        // Another session of this member may have drawn another handle, or left, and even come in again as a stranger.
        let now = self.membership(&feed.address, member).await?.filter(|now| now.id == membership.id);
        *membership = now.ok_or_else(|| Rejection::new(RejectCode::NotAMember))?;
        if membership.sanction.removed {
            return Err(Rejection::new(RejectCode::Removed));
        }
        let decision = match self.decide(member, feed, membership, command) {
            Ok(decision) => decision,
            Err(rejection) => return self.placed_before(feed, name, rejection).await,
        };
        // After the rules: waiting is worth it only where the post could go out.
        if posts && let Some(wait) = feed.wait(&member.key) {
            return self.placed_before(feed, name, too_early(RejectCode::SlowMode, wait)).await;
        }
        if posts && !membership.posted {
            match self.store.mark_posted(&feed.address, &member.key, &membership.handle).await {
                Ok(()) => membership.posted = true,
                Err(MarkError::Changed) => return Ok(Round::Again),
                Err(MarkError::Store(error)) => return Err(store_failed(&self.telemetry, &error)),
            }
        }
        let entry = Entry {
            key: name.key,
            fingerprint: name.fingerprint,
            decided_on: Some(decision.decided_on),
            minute: decision.minute,
            event: decision.event,
        };
        match self.broker.publish(&feed.address, entry).await {
            Ok(published) => {
                // The member's next command sees what this one did.
                feed.reached(StateVersion(published.offset)).await;
                if posts {
                    feed.posted(member.key);
                }
                Ok(Round::Placed(published.offset))
            }
            Err(PublishError::Stale { now }) => {
                feed.reached(now).await;
                Ok(Round::Again)
            }
            Err(PublishError::KeyReused) => Err(Rejection::new(RejectCode::KeyReused)),
            Err(PublishError::Unavailable(error)) => Err(broker_failed(&self.telemetry, &error)),
        }
    }

    fn decide(
        &self,
        member: &Member,
        feed: &Feed,
        membership: &Membership,
        command: Command,
    ) -> Result<Decision, Rejection> {
        let of_role = feed.members().get(&member.role).copied().unwrap_or_default();
        let badge: Option<&Name> =
            member.programme.role(&member.role).filter(|_| of_role >= BADGE_MIN).map(|role| &role.name);
        feed.with_state(|state| {
            let now = self.clock.minute();
            let view = RoomView {
                state,
                limits: &self.limits,
                guard: &self.guard,
                phase: member.phase(&feed.address.room, now),
                may_answer: member.programme.role(&member.role).is_some_and(|role| role.answers),
                badge,
            };
            decide(view, membership, command, now)
        })
        .map_err(|rejection| to_wire(&rejection))
    }

    /// A retried command that would be rejected now may have been published before: then that is its answer.
    async fn placed_before(&self, feed: &Feed, name: &CommandName, rejection: Rejection) -> Result<Round, Rejection> {
        match self.broker.find(&feed.address, name.key).await {
            Ok(Some(Found { offset, fingerprint })) if fingerprint == name.fingerprint => Ok(Round::Placed(offset)),
            Ok(Some(_)) => Err(Rejection::new(RejectCode::KeyReused)),
            Ok(None) => Err(rejection),
            Err(error) => Err(broker_failed(&self.telemetry, &error)),
        }
    }
}

/// Names a command by what it is and who sent it, under the content key, so that the log can tell a retry.
fn name_of(content_key: &ContentKey, member: &Member, feed: &Feed, key: CommandKey, command: &Command) -> CommandName {
    let room = feed.address.room.as_str().as_bytes();
    let programme = feed.address.programme.as_str().as_bytes();
    let tag = content_key.tag("command", &[programme, room, member.key.as_bytes(), key.as_bytes()]);
    let content = match command {
        Command::Post { body, reply_to, mentions, confirmed: _, question } => {
            let to = reply_to.map_or(0, Offset::get).to_be_bytes();
            let mentions = mentions.join("\n");
            content_key.tag("post", &[&to, body.as_bytes(), mentions.as_bytes(), &[u8::from(*question)]])
        }
        Command::Edit { target, body, mentions, confirmed: _ } => {
            let target = target.get().to_be_bytes();
            content_key.tag("edit", &[&target, body.as_bytes(), mentions.join("\n").as_bytes()])
        }
        Command::Retract { target } => content_key.tag("retract", &[&target.get().to_be_bytes()]),
        Command::React { target, reaction, on } => {
            content_key.tag("react", &[&target.get().to_be_bytes(), reaction.as_bytes(), &[u8::from(*on)]])
        }
        Command::Answer { target, on } => content_key.tag("answer", &[&target.get().to_be_bytes(), &[u8::from(*on)]]),
    };
    CommandName { key: IdempotencyKey(half(tag)), fingerprint: half(content) }
}

/// A rule's rejection as a row of the reject table.
fn to_wire(rejection: &kkanbu_room::Rejection) -> Rejection {
    use kkanbu_room::Rejection as Rule;
    let code = match rejection {
        Rule::NotOpen => RejectCode::RoomNotOpen,
        Rule::Closed => RejectCode::RoomClosed,
        Rule::Frozen => RejectCode::RoomFrozen,
        Rule::Muted(_) => RejectCode::Muted,
        Rule::Body(BodyError::Empty) => RejectCode::BodyEmpty,
        Rule::Body(BodyError::TooLong) => RejectCode::BodyTooLong,
        Rule::Body(BodyError::ControlCharacter) => RejectCode::BodyControlCharacter,
        Rule::Body(BodyError::BidiOverride) => RejectCode::BodyBidiOverride,
        Rule::ConfirmNeeded(_) => RejectCode::ConfirmNeeded,
        Rule::UnknownPost => RejectCode::UnknownPost,
        Rule::PostRetracted => RejectCode::PostRetracted,
        Rule::PostHidden => RejectCode::PostHidden,
        Rule::NotAQuestion => RejectCode::NotAQuestion,
        Rule::MayNotAnswer => RejectCode::MayNotAnswer,
        Rule::NotYourPost => RejectCode::NotYourPost,
        Rule::UnknownHandle => RejectCode::UnknownHandle,
        Rule::TooManyMentions => RejectCode::TooManyMentions,
        Rule::UnknownReaction => RejectCode::UnknownReaction,
    };
    let mut wire = Rejection::new(code);
    if let Rule::ConfirmNeeded(findings) = rejection {
        wire.data.findings = findings.iter().copied().map(finding).collect();
    }
    if let Rule::Muted(until) = rejection {
        wire.data.muted_until = Some(until.get());
    }
    wire
}

fn finding(finding: kkanbu_room::Finding) -> Finding {
    use kkanbu_room::FindingKind as Kind;
    let kind = match finding.kind {
        Kind::Phone => FindingKind::Phone,
        Kind::ResidentNumber => FindingKind::ResidentNumber,
        Kind::Email => FindingKind::Email,
        Kind::StaffNumber => FindingKind::StaffNumber,
    };
    Finding { kind, start: finding.start, end: finding.end }
}
