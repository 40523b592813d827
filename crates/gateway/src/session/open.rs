//! An authenticated session: the member, the rooms that it is in, and what its commands ask for.

use super::Asked;
use super::attended::Attended;
use crate::service::{Action, Attendance, HistoryWanted, Member};
use kkanbu_model::{CommandKey, Epoch, Limits, Offset, Position, RoomId};
use kkanbu_wire::{Command, RejectCode, Rejection};

/// An authenticated session.
pub(super) struct Open {
    pub(super) member: Member,
    pub(super) rooms: Attended,
}

impl Open {
    /// What a command asks for.
    pub(super) fn on_command(&self, command: Command, limits: &Limits) -> Result<Asked, Rejection> {
        let member = || self.member.clone();
        Ok(Asked::Action(match command {
            Command::Preview(_) | Command::Challenge(_) | Command::Authenticate(_) => {
                return Err(Rejection::new(RejectCode::AlreadyAuthenticated));
            }
            Command::Rooms(_) => Action::Rooms { member: member() },
            Command::Join(params) => {
                Action::Join { member: member(), room: self.enter(&params.room, limits.rooms_max)? }
            }
            Command::Resume(params) => {
                let room = self.enter(&params.room, limits.rooms_max)?;
                Action::Resume { member: member(), room, position: position(&params.position)? }
            }
            Command::Leave(params) => Action::Leave { member: member(), room: room_id(&params.room)? },
            Command::Redraw(params) => Action::Redraw { member: member(), room: room_id(&params.room)? },
            Command::Post(post) => {
                let command = kkanbu_room::Command::Post {
                    body: post.body,
                    reply_to: post.reply_to.map(Offset::new),
                    mentions: post.mentions,
                    confirmed: post.confirmed,
                    question: post.question,
                };
                self.write(&post.room, &post.key, command)?
            }
            Command::Edit(edit) => {
                let command = kkanbu_room::Command::Edit {
                    target: Offset::new(edit.target),
                    body: edit.body,
                    mentions: edit.mentions,
                    confirmed: edit.confirmed,
                };
                self.write(&edit.room, &edit.key, command)?
            }
            Command::Retract(retract) => {
                let command = kkanbu_room::Command::Retract { target: Offset::new(retract.target) };
                self.write(&retract.room, &retract.key, command)?
            }
            Command::React(react) => {
                let target = Offset::new(react.target);
                let command = kkanbu_room::Command::React { target, reaction: react.reaction, on: react.on };
                self.write(&react.room, &react.key, command)?
            }
            Command::Answer(answer) => {
                let command = kkanbu_room::Command::Answer { target: Offset::new(answer.target), on: answer.on };
                self.write(&answer.room, &answer.key, command)?
            }
            Command::History(params) => self.history(&params, limits.history_posts_max)?,
        }))
    }

    /// The room's id, where this session may still enter one more.
    fn enter(&self, room: &str, rooms_max: usize) -> Result<RoomId, Rejection> {
        let room = room_id(room)?;
        if self.rooms.len() >= rooms_max && self.rooms.get(&room).is_none() {
            return Err(Rejection::new(RejectCode::TooManyRooms));
        }
        Ok(room)
    }

    fn attended(&self, room: &str) -> Result<&Attendance, Rejection> {
        let room = room_id(room)?;
        self.member.room(&room).ok_or_else(|| Rejection::new(RejectCode::UnknownRoom))?;
        self.rooms.get(&room).ok_or_else(|| Rejection::new(RejectCode::NotAMember))
    }

    fn write(&self, room: &str, key: &str, command: kkanbu_room::Command) -> Result<Action, Rejection> {
        let key = CommandKey::parse(key)
            .map_err(|error| Rejection::new(RejectCode::InvalidParams).detail(error.to_string()))?;
        let attendance = self.attended(room)?;
        Ok(Action::Write {
            member: self.member.clone(),
            feed: attendance.feed.clone(),
            membership: attendance.membership.clone(),
            key,
            command,
        })
    }

    fn history(&self, params: &kkanbu_wire::History, posts_max: usize) -> Result<Action, Rejection> {
        let limit = usize::from(params.limit);
        if !(1..=posts_max).contains(&limit) {
            let detail = format!("limit is 1 to {posts_max}");
            return Err(Rejection::new(RejectCode::InvalidParams).detail(detail));
        }
        let attendance = self.attended(&params.room)?;
        Ok(Action::History {
            member: self.member.key,
            feed: attendance.feed.clone(),
            membership: attendance.membership.clone(),
            page: HistoryWanted {
                before: params.before.map(Offset::new),
                limit,
                open_questions: params.open_questions,
            },
        })
    }
}

fn room_id(text: &str) -> Result<RoomId, Rejection> {
    RoomId::new(text).map_err(|_| Rejection::new(RejectCode::UnknownRoom))
}

fn position(position: &kkanbu_wire::Position) -> Result<Position, Rejection> {
    let epoch = Epoch::parse(&position.epoch)
        .map_err(|error| Rejection::new(RejectCode::InvalidParams).detail(error.to_string()))?;
    Ok(Position { epoch, offset: Offset::new(position.offset) })
}
