//! Rooms: list, join, resume, leave, draw another handle.

use super::{Answer, Attendance, Change, Member, Outcome, Service, broker_failed, rejected, store_failed, to_wire};
use crate::feed::Feed;
use crate::handles::{self, DRAWS_MAX};
use kkanbu_broker::{GapReason, Page};
use kkanbu_model::{
    Handle, Membership, MembershipId, Minute, Offset, Phase, Position, Programme, RoomAddress, RoomId, SizeBand,
};
use kkanbu_room::RoomState;
use kkanbu_store::{Draw, JoinError, RedrawError};
use kkanbu_wire::{Empty, Joined, NextRoom, NoticeInfo, Redrawn, RejectCode, Rejection, RoomInfo};
use rand::RngExt;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Service {
    /// The rooms of the member's role.
    pub(super) async fn rooms(&self, member: &Member) -> Result<Vec<RoomInfo>, Rejection> {
        let memberships = self.store.memberships(&member.programme.id, &member.key).await;
        let memberships = memberships.map_err(|error| store_failed(&self.telemetry, &error))?;
        self.rooms_with(member, &memberships).await
    }

    /// The same, where it is known in which of them the member is.
    pub(super) async fn rooms_with(
        &self,
        member: &Member,
        memberships: &BTreeMap<RoomId, Membership>,
    ) -> Result<Vec<RoomInfo>, Rejection> {
        let now = self.clock.minute();
        let mut rooms = Vec::new();
        for room in member.rooms() {
            let feed = self.feed(&member.address(&room.id)).await?;
            rooms.push(RoomInfo {
                room: room.id.to_string(),
                name: room.name.as_str().to_owned(),
                size: size(&feed),
                frozen: feed.with_state(RoomState::is_frozen),
                phase: room.schedule.phase(now).as_str().to_owned(),
                topic: room.topic.as_ref().map(|topic| topic.as_str().to_owned()),
                opens: room.schedule.opens.map(Minute::get),
                closes: room.schedule.closes.map(Minute::get),
                handle: memberships.get(&room.id).map(|membership| membership.handle.as_str().to_owned()),
            });
        }
        Ok(rooms)
    }

    /// The room of the programme that opens next.
    pub(crate) fn next_room(&self, programme: &Programme) -> Option<NextRoom> {
        programme.next_room(self.clock.minute()).map(|(room, opens)| NextRoom {
            name: room.name.as_str().to_owned(),
            topic: room.topic.as_ref().map(|topic| topic.as_str().to_owned()),
            opens: opens.get(),
        })
    }

    pub(super) async fn join(&self, member: &Member, room: &RoomId) -> Outcome {
        let joined = async {
            let feed = self.room_for(member, room).await?;
            let membership = match self.present_membership(&feed.address, member).await? {
                Some(membership) => membership,
                None if self.phase(member, room) == Phase::Closed => {
                    return Err(Rejection::new(RejectCode::RoomClosed));
                }
                None => self.new_membership(member, &feed).await?,
            };
            Ok((feed, membership))
        };
        match joined.await {
            Ok((feed, membership)) => {
                let (position, now) = (feed.position(), self.clock.minute());
                let phase = member.phase(room, now);
                attend(feed, membership, (phase, now), position, position.offset, None)
            }
            Err(rejection) => rejected(rejection),
        }
    }

    pub(super) async fn resume(&self, member: &Member, room: &RoomId, since: Position) -> Outcome {
        let resumed = async {
            let feed = self.room_for(member, room).await?;
            let membership = self.present_membership(&feed.address, member).await?;
            let membership = membership.ok_or_else(|| Rejection::new(RejectCode::NotAMember))?;
            let page = self.broker.read(&feed.address, since, 1).await;
            let page = page.map_err(|error| broker_failed(&self.telemetry, &error))?;
            Ok((feed, membership, page))
        };
        match resumed.await {
            Ok((feed, membership, page)) => {
                let (position, now) = (feed.position(), self.clock.minute());
                let phase = member.phase(room, now);
                match page {
                    Page::Publications(_) => attend(feed, membership, (phase, now), position, since.offset, None),
                    Page::Gap(reason) => {
                        attend(feed, membership, (phase, now), position, position.offset, Some(reason))
                    }
                }
            }
            Err(rejection) => rejected(rejection),
        }
    }

    pub(super) async fn leave(&self, member: &Member, room: &RoomId) -> Outcome {
        let left = async {
            let feed = self.room_for(member, room).await?;
            let membership = self.present_membership(&feed.address, member).await?;
            let membership = membership.ok_or_else(|| Rejection::new(RejectCode::NotAMember))?;
            let left = self.store.leave(&feed.address, &member.key).await;
            if !left.map_err(|error| store_failed(&self.telemetry, &error))? {
                return Err(Rejection::new(RejectCode::NotAMember));
            }
            self.feeds.refresh_members(&feed).await;
            self.sessions.left_room(member, room, membership.id);
            Ok(())
        };
        match left.await {
            Ok(()) => Outcome::Command(Ok(Answer::Empty(Empty {})), Change::Unattend(room.clone())),
            Err(rejection) => rejected(rejection),
        }
    }

    pub(super) async fn redraw(&self, member: &Member, room: &RoomId) -> Outcome {
        let redrawn = async {
            let feed = self.room_for(member, room).await?;
            Self::take_one(&self.join_rates, &member.key)?;
            for attempt in 0..DRAWS_MAX {
                let handle = free_handle(member, &feed, attempt)?;
                match self.store.redraw(&feed.address, &member.key, handle).await {
                    Ok(membership) => return Ok(membership),
                    Err(RedrawError::HandleTaken) => {}
                    Err(RedrawError::NotAMember) => return Err(Rejection::new(RejectCode::NotAMember)),
                    Err(RedrawError::Fixed) => return Err(Rejection::new(RejectCode::HandleFixed)),
                    Err(RedrawError::Store(error)) => return Err(store_failed(&self.telemetry, &error)),
                }
            }
            Err(Rejection::new(RejectCode::NoHandleLeft))
        };
        match redrawn.await {
            Ok(membership) => {
                let handle = membership.handle.as_str().to_owned();
                Outcome::Command(Ok(Answer::Redrawn(Redrawn { handle })), Change::Membership(room.clone(), membership))
            }
            Err(rejection) => rejected(rejection),
        }
    }

    /// The feed of a room of the member's role that has opened.
    async fn room_for(&self, member: &Member, room: &RoomId) -> Result<Arc<Feed>, Rejection> {
        let room = member.room(room).ok_or_else(|| Rejection::new(RejectCode::UnknownRoom))?;
        if self.phase(member, &room.id) == Phase::Upcoming {
            return Err(Rejection::new(RejectCode::RoomNotOpen));
        }
        self.feed(&member.address(&room.id)).await
    }

    fn phase(&self, member: &Member, room: &RoomId) -> Phase {
        member.phase(room, self.clock.minute())
    }

    pub(super) async fn feed(&self, address: &RoomAddress) -> Result<Arc<Feed>, Rejection> {
        self.feeds.get(address).await.map_err(|error| broker_failed(&self.telemetry, &error))
    }

    pub(super) async fn membership(
        &self,
        address: &RoomAddress,
        member: &Member,
    ) -> Result<Option<Membership>, Rejection> {
        let membership = self.store.membership(address, &member.key).await;
        membership.map_err(|error| store_failed(&self.telemetry, &error))
    }

    /// The membership of somebody whom no moderator has put out of the room.
    async fn present_membership(
        &self,
        address: &RoomAddress,
        member: &Member,
    ) -> Result<Option<Membership>, Rejection> {
        let membership = self.membership(address, member).await?;
        if membership.as_ref().is_some_and(|membership| membership.sanction.removed) {
            return Err(Rejection::new(RejectCode::Removed));
        }
        Ok(membership)
    }

    async fn new_membership(&self, member: &Member, feed: &Feed) -> Result<Membership, Rejection> {
        Self::take_one(&self.join_rates, &member.key)?;
        for attempt in 0..DRAWS_MAX {
            let draw = Draw {
                id: MembershipId::from_bytes(rand::rng().random()),
                handle: free_handle(member, feed, attempt)?,
            };
            match self.store.join(&feed.address, &member.key, draw).await {
                Ok(membership) => {
                    self.feeds.refresh_members(feed).await;
                    return Ok(membership);
                }
                Err(JoinError::HandleTaken) => {}
                Err(JoinError::Full) => return Err(Rejection::new(RejectCode::RoomFull)),
                Err(JoinError::NotAdmitted) => return Err(Rejection::new(RejectCode::NotAdmitted)),
                Err(JoinError::Removed) => return Err(Rejection::new(RejectCode::Removed)),
                Err(JoinError::NotForRole) => return Err(Rejection::new(RejectCode::UnknownRoom)),
                Err(JoinError::Store(error)) => return Err(store_failed(&self.telemetry, &error)),
            }
        }
        Err(Rejection::new(RejectCode::NoHandleLeft))
    }
}

/// A handle that nobody who posted in the room has or had. The store says whether a silent member has it.
fn free_handle(member: &Member, feed: &Feed, attempt: u32) -> Result<Handle, Rejection> {
    let mut random = rand::rng();
    let mut draws = (attempt..DRAWS_MAX).filter_map(|attempt| {
        let handle = handles::draw(member.programme.language, attempt, &mut random)?;
        feed.with_state(|state| !state.has_posted(&handle)).then_some(handle)
    });
    draws.next().ok_or_else(|| Rejection::new(RejectCode::NoHandleLeft))
}

fn attend(
    feed: Arc<Feed>,
    membership: Membership,
    (phase, now): (Phase, Minute),
    position: Position,
    cursor: Offset,
    gap: Option<GapReason>,
) -> Outcome {
    let joined = Joined {
        room: feed.address.room.to_string(),
        handle: membership.handle.as_str().to_owned(),
        position: to_wire(position),
        size: size(&feed),
        frozen: feed.with_state(RoomState::is_frozen),
        slow_seconds: feed.with_state(RoomState::slow_seconds),
        notice: feed.with_state(notice),
        phase: phase.as_str().to_owned(),
        muted_until: membership.sanction.muted_at(now).map(Minute::get),
        recovered: gap.is_none(),
        reason: gap.map(|reason| {
            match reason {
                GapReason::Epoch => "epoch",
                GapReason::Expired => "expired",
                GapReason::Ahead => "ahead",
            }
            .to_owned()
        }),
    };
    Outcome::Command(Ok(Answer::Joined(joined)), Change::Attend(Attendance { feed, membership, cursor, live: false }))
}

/// The notice that is up, as both wires tell it.
pub(crate) fn notice(state: &RoomState) -> Option<NoticeInfo> {
    state.notice().map(|(text, minute)| NoticeInfo { text: text.as_str().to_owned(), minute: minute.get() })
}

fn size(feed: &Feed) -> String {
    SizeBand::of(feed.members().values().sum()).as_str().to_owned()
}
