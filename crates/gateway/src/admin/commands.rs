//! What the admin socket's commands do: each is one call of the service, and its result in the wire's words.

use super::Admin;
use crate::feed::Feed;
use crate::service::{Done, NotDone, ProgrammesError, notice};
use data_encoding::HEXLOWER;
use kkanbu_model::{Body, BodyError, CommandKey, Handle, Minute, Offset, Programme, Room, RoomAct, SizeBand};
use kkanbu_room::{HistoryPost, PostState, RoomState};
use kkanbu_store::StoreError;
use kkanbu_wire::Empty;
use kkanbu_wire::admin::{
    AdminCode, AdminCommand, AdminError, Audit, AuditEntry, AuditHead, AuditList, CreateProgramme, Done as DoneReply,
    InProgramme, MemberDone, ModeratedPost, ModeratedPosts, ModeratedRoom, ModeratedRooms, NodeStatus, PostsOnly,
    ProgrammeCreated, ProgrammeItem, ProgrammeLinks, Programmes, RoomPosts, encode_result,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A page of posts, in bytes at most.
const POSTS_BYTES_MAX: usize = 400_000;

impl Admin {
    /// Does a command and encodes its result.
    pub(super) async fn perform(&self, id: u64, command: AdminCommand) -> Result<Vec<u8>, AdminError> {
        Ok(match command {
            AdminCommand::CreateProgramme(params) => encode_result(id, &self.create(&params).await?),
            AdminCommand::ListProgrammes(_) => encode_result(id, &self.programmes()),
            AdminCommand::ProgrammeLinks(params) => encode_result(id, &self.links(&params)?),
            AdminCommand::EndProgramme(params) => encode_result(id, &self.end(&params).await?),
            AdminCommand::ListRooms(params) => encode_result(id, &self.rooms(&params).await?),
            AdminCommand::RoomPosts(params) => encode_result(id, &self.posts(&params).await?),
            AdminCommand::FreezeRoom(on) => {
                encode_result(id, &self.on_room(&on.programme, &on.room, RoomAct::Freeze, on.key).await?)
            }
            AdminCommand::ThawRoom(on) => {
                encode_result(id, &self.on_room(&on.programme, &on.room, RoomAct::Thaw, on.key).await?)
            }
            AdminCommand::SlowRoom(on) => {
                encode_result(id, &self.on_room(&on.programme, &on.room, RoomAct::Slow(on.seconds), on.key).await?)
            }
            AdminCommand::NoticeRoom(on) => {
                let text = on.text.as_deref().map(|text| self.body(text)).transpose()?;
                encode_result(id, &self.on_room(&on.programme, &on.room, RoomAct::Notice(text), on.key).await?)
            }
            AdminCommand::HidePost(on) => {
                let act = RoomAct::HidePost(Offset::new(on.offset));
                encode_result(id, &self.on_room(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::RestorePost(on) => {
                let act = RoomAct::RestorePost(Offset::new(on.offset));
                encode_result(id, &self.on_room(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::MuteMember(on) => {
                let until = self.service.clock.minute().plus(u64::from(on.minutes));
                let act = RoomAct::Mute(handle(on.handle)?, until);
                encode_result(id, &self.on_member(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::UnmuteMember(on) => {
                let act = RoomAct::Unmute(handle(on.handle)?);
                encode_result(id, &self.on_member(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::RemoveMember(on) => {
                let act = RoomAct::Remove(handle(on.handle)?);
                encode_result(id, &self.on_member(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::RestoreMember(on) => {
                let act = RoomAct::Readmit(handle(on.handle)?);
                encode_result(id, &self.on_member(&on.programme, &on.room, act, on.key).await?)
            }
            AdminCommand::ListAudit(params) => encode_result(id, &self.audit(&params).await?),
            AdminCommand::NodeStatus(_) => encode_result(id, &self.status().await),
            AdminCommand::DrainNode(_) => {
                self.drain.cancel();
                encode_result(id, &Empty {})
            }
        })
    }

    async fn create(&self, params: &CreateProgramme) -> Result<ProgrammeCreated, AdminError> {
        let programme = (self.read_programme)(&params.definition)
            .map_err(|faults| AdminError::new(AdminCode::InvalidProgramme).details(faults))?;
        let programme = self.service.programmes.create(programme).await.map_err(|error| programme_failed(&error))?;
        let name = programme.name.as_str().to_owned();
        let links = self.links_of(&programme)?;
        Ok(ProgrammeCreated { programme: programme.id.to_string(), name, url: self.origin.to_string(), links })
    }

    fn programmes(&self) -> Programmes {
        let item = |programme: &Arc<Programme>| ProgrammeItem {
            programme: programme.id.to_string(),
            name: programme.name.as_str().to_owned(),
            organisation: programme.organisation.as_str().to_owned(),
            rooms: u32::try_from(programme.rooms.len()).unwrap_or(u32::MAX),
        };
        Programmes { programmes: self.service.programmes.all().iter().map(item).collect() }
    }

    fn links(&self, params: &InProgramme) -> Result<ProgrammeLinks, AdminError> {
        let programme = self.service.programme(&params.programme).map_err(refused)?;
        Ok(ProgrammeLinks { programme: programme.id.to_string(), links: self.links_of(&programme)? })
    }

    fn links_of(&self, programme: &Programme) -> Result<BTreeMap<String, String>, AdminError> {
        let links = self.service.programmes.join_links(programme, &self.origin);
        links.map_err(|_| AdminError::new(AdminCode::UnknownProgramme))
    }

    async fn end(&self, params: &InProgramme) -> Result<Empty, AdminError> {
        let programme = self.service.programme(&params.programme).map_err(refused)?;
        self.service.end_programme(&programme.id).await.map_err(|error| programme_failed(&error))?;
        Ok(Empty {})
    }

    async fn rooms(&self, params: &InProgramme) -> Result<ModeratedRooms, AdminError> {
        let programme = self.service.programme(&params.programme).map_err(refused)?;
        let now = self.service.clock.minute();
        let mut rooms = Vec::with_capacity(programme.rooms.len());
        for room in &programme.rooms {
            let feed = self.service.room(&programme, room.id.as_str()).await.map_err(refused)?;
            rooms.push(moderated_room(room, &feed, now));
        }
        Ok(ModeratedRooms { rooms })
    }

    async fn posts(&self, params: &RoomPosts) -> Result<ModeratedPosts, AdminError> {
        let feed = self.feed(&params.programme, &params.room).await?;
        let wanted = |post: &PostState| match params.only {
            PostsOnly::All => true,
            PostsOnly::Hidden => post.hidden && !post.retracted,
            PostsOnly::OpenQuestions => post.is_open_question(),
        };
        let cost = |post: &PostState| post.body_for_moderators().map_or(0, |body| body.as_str().len()) + 500;
        Ok(feed.with_state(|state| {
            let before = params.before.map(Offset::new);
            let page = state.page(before, wanted, usize::from(params.limit), POSTS_BYTES_MAX, cost);
            ModeratedPosts { posts: page.posts.iter().map(moderated_post).collect(), more: page.more }
        }))
    }

    async fn feed(&self, programme: &str, room: &str) -> Result<Arc<Feed>, AdminError> {
        let programme = self.service.programme(programme).map_err(refused)?;
        self.service.room(&programme, room).await.map_err(refused)
    }

    fn body(&self, text: &str) -> Result<Body, AdminError> {
        Body::new(text, &self.service.limits).map_err(|error| {
            AdminError::new(AdminCode::BadText).detail(match error {
                BodyError::Empty => "body_empty",
                BodyError::TooLong => "body_too_long",
                BodyError::ControlCharacter => "body_control_character",
                BodyError::BidiOverride => "body_bidi_override",
            })
        })
    }

    async fn act(&self, programme: &str, room: &str, act: RoomAct, key: Option<String>) -> Result<Done, AdminError> {
        let feed = self.feed(programme, room).await?;
        let key = match key {
            Some(key) => CommandKey::parse(&key)
                .map_err(|error| AdminError::new(AdminCode::InvalidParams).detail(error.to_string()))?,
            None => CommandKey::from_bytes(rand::random()),
        };
        self.service.act(&feed, act, key).await.map_err(refused)
    }

    async fn on_room(
        &self,
        programme: &str,
        room: &str,
        act: RoomAct,
        key: Option<String>,
    ) -> Result<DoneReply, AdminError> {
        let done = self.act(programme, room, act, key).await?;
        Ok(DoneReply { number: done.number, again: done.again, offset: done.offset.map(Offset::get) })
    }

    async fn on_member(
        &self,
        programme: &str,
        room: &str,
        act: RoomAct,
        key: Option<String>,
    ) -> Result<MemberDone, AdminError> {
        let done = self.act(programme, room, act, key).await?;
        let muted_until = done.sanction.and_then(|sanction| sanction.muted_until).map(Minute::get);
        Ok(MemberDone { number: done.number, again: done.again, muted_until })
    }

    async fn audit(&self, params: &AuditList) -> Result<Audit, AdminError> {
        let failed = |error: StoreError| refused(error.into());
        let entries =
            self.service.store.audit(params.after.unwrap_or(0), usize::from(params.limit)).await.map_err(failed)?;
        let head = self.service.store.audit_head().await.map_err(failed)?;
        Ok(Audit {
            entries: entries.iter().map(audit_entry).collect(),
            head: AuditHead { number: head.number, hash: HEXLOWER.encode(&head.hash) },
        })
    }

    async fn status(&self) -> NodeStatus {
        let word = |asked: Result<(), String>| asked.map_or_else(|error| error, |()| "ok".to_owned());
        NodeStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            draining: self.drain.is_cancelled(),
            uptime_hours: Some(self.started.elapsed().as_secs() / 3_600),
            sessions: SizeBand::of(u64::from(self.service.telemetry.sessions_live())).as_str().to_owned(),
            store: word(self.service.store.check().await.map_err(|error| error.to_string())),
            log: word(self.service.broker.check().await.map_err(|error| error.to_string())),
        }
    }
}

fn refused(error: NotDone) -> AdminError {
    let code = match error {
        NotDone::UnknownProgramme => AdminCode::UnknownProgramme,
        NotDone::UnknownRoom => AdminCode::UnknownRoom,
        NotDone::UnknownPost => AdminCode::UnknownPost,
        NotDone::UnknownHandle => AdminCode::UnknownHandle,
        NotDone::KeyReused => AdminCode::KeyReused,
        NotDone::Unavailable(reason) => return AdminError::new(AdminCode::Unavailable).detail(reason),
    };
    AdminError::new(code)
}

fn programme_failed(error: &ProgrammesError) -> AdminError {
    AdminError::new(AdminCode::ProgrammeFailed).detail(error.to_string())
}

/// A handle as somebody typed it. What is no handle is nobody's.
fn handle(text: String) -> Result<Handle, AdminError> {
    Handle::new(text).map_err(|_| AdminError::new(AdminCode::UnknownHandle))
}

fn moderated_room(room: &Room, feed: &Feed, now: Minute) -> ModeratedRoom {
    ModeratedRoom {
        room: room.id.to_string(),
        name: room.name.as_str().to_owned(),
        topic: room.topic.as_ref().map(|topic| topic.as_str().to_owned()),
        phase: room.schedule.phase(now).as_str().to_owned(),
        opens: room.schedule.opens.map(Minute::get),
        closes: room.schedule.closes.map(Minute::get),
        size: SizeBand::of(feed.members().values().sum()).as_str().to_owned(),
        frozen: feed.with_state(RoomState::is_frozen),
        slow_seconds: feed.with_state(RoomState::slow_seconds),
        notice: feed.with_state(notice),
        open_questions: u32::try_from(feed.with_state(RoomState::open_questions)).unwrap_or(u32::MAX),
    }
}

fn moderated_post(HistoryPost { offset, post }: &HistoryPost<'_>) -> ModeratedPost {
    ModeratedPost {
        offset: offset.get(),
        minute: post.minute.get(),
        author: post.author.handle.as_str().to_owned(),
        role: post.author.badge.as_ref().map(|badge| badge.as_str().to_owned()),
        body: post.body_for_moderators().map(|body| body.as_str().to_owned()),
        edited: post.edited,
        retracted: post.retracted,
        hidden: post.hidden,
        question: post.question,
        answered: post.answered,
        reply_to: post.reply_to.map(Offset::get),
    }
}

fn audit_entry(entry: &kkanbu_store::AuditEntry) -> AuditEntry {
    let act = entry.detail.as_ref().map(|(_, act)| act);
    AuditEntry {
        number: entry.number,
        hour: entry.hour.get(),
        programme: entry.programme.to_string(),
        act: entry.act.clone(),
        room: entry.detail.as_ref().map(|(room, _)| room.to_string()),
        offset: act.and_then(RoomAct::post).map(Offset::get),
        handle: act.and_then(RoomAct::handle).map(|handle| handle.as_str().to_owned()),
        seconds: act.and_then(|act| if let RoomAct::Slow(seconds) = act { Some(*seconds) } else { None }),
        muted_until: act.and_then(|act| if let RoomAct::Mute(_, until) = act { Some(until.get()) } else { None }),
        text: act.and_then(RoomAct::notice).map(|text| text.as_str().to_owned()),
        hash: HEXLOWER.encode(&entry.hash),
    }
}
