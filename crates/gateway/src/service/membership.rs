//! Rooms: list, join, resume, leave, draw another handle.

use super::{Answer, Attendance, Change, Member, Outcome, Service, broker_failed, rejected, store_failed, to_wire};
use crate::feed::Feed;
use crate::handles::{self, DRAWS_MAX};
use kkanbu_broker::{GapReason, Page};
use kkanbu_model::{Handle, Membership, MembershipId, Offset, Position, RoomAddress, RoomId, SizeBand};
use kkanbu_room::RoomState;
use kkanbu_store::{Draw, JoinError, RedrawError};
use kkanbu_wire::{Empty, Joined, Redrawn, RejectCode, Rejection, RoomInfo};
use rand::RngExt;
use std::sync::Arc;

impl Service {
    /// The rooms open to the member's role.
    pub(super) async fn rooms(&self, member: &Member) -> Result<Vec<RoomInfo>, Rejection> {
        let memberships = self
            .store
            .memberships(&member.programme.id, &member.key)
            .await
            .map_err(|error| store_failed(&self.telemetry, &error))?;
        let mut rooms = Vec::new();
        for room in member.rooms() {
            let feed = self.feed(&member.address(&room.id)).await?;
            rooms.push(RoomInfo {
                room: room.id.to_string(),
                name: room.name.as_str().to_owned(),
                size: size(&feed),
                frozen: feed.with_state(RoomState::is_frozen),
                handle: memberships.get(&room.id).map(|membership| membership.handle.as_str().to_owned()),
            });
        }
        Ok(rooms)
    }

    pub(super) async fn join(&self, member: &Member, room: &RoomId) -> Outcome {
        let joined = async {
            let feed = self.room_for(member, room).await?;
            let known = self.membership(&feed.address, member).await?;
            let membership = match known {
                Some(membership) => membership,
                None => self.new_membership(member, &feed).await?,
            };
            Ok((feed, membership))
        };
        match joined.await {
            Ok((feed, membership)) => {
                let position = feed.position();
                attend(feed, membership, position, position.offset, None)
            }
            Err(rejection) => rejected(rejection),
        }
    }

    pub(super) async fn resume(&self, member: &Member, room: &RoomId, since: Position) -> Outcome {
        let resumed = async {
            let feed = self.room_for(member, room).await?;
            let membership = self.membership(&feed.address, member).await?;
            let membership = membership.ok_or_else(|| Rejection::new(RejectCode::NotAMember))?;
            let page = self.broker.read(&feed.address, since, 1).await;
            let page = page.map_err(|error| broker_failed(&self.telemetry, &error))?;
            Ok((feed, membership, page))
        };
        match resumed.await {
            Ok((feed, membership, page)) => {
                let position = feed.position();
                match page {
                    Page::Publications(_) => attend(feed, membership, position, since.offset, None),
                    Page::Gap(reason) => attend(feed, membership, position, position.offset, Some(reason)),
                }
            }
            Err(rejection) => rejected(rejection),
        }
    }

    pub(super) async fn leave(&self, member: &Member, room: &RoomId) -> Outcome {
        let left = async {
            let feed = self.room_for(member, room).await?;
            let membership = self.membership(&feed.address, member).await?;
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

    /// The feed of a room that is open to the member's role.
    async fn room_for(&self, member: &Member, room: &RoomId) -> Result<Arc<Feed>, Rejection> {
        let room = member.room(room).ok_or_else(|| Rejection::new(RejectCode::UnknownRoom))?;
        self.feed(&member.address(&room.id)).await
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

fn size(feed: &Feed) -> String {
    SizeBand::of(feed.members().values().sum()).as_str().to_owned()
}
