//! Who may come in: a signature over this connection's challenge, and a seat.

use super::{Answer, Change, Member, Outcome, Service, rejected, store_failed};
use crate::challenge::Challenge;
use crate::join_code::role_of;
use kkanbu_model::{Admission, Limits, MemberKey, Membership, Programme, ProgrammeId, Reaction, Role, RoleId, RoomId};
use kkanbu_store::{AdmitError, Seat};
use kkanbu_wire::{LimitsInfo, Previewed, ProgrammeInfo, RejectCode, Rejection, RoleInfo, Welcome};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Service {
    pub(super) async fn authenticate(
        &self,
        challenge: &Challenge,
        key: MemberKey,
        signature: &str,
        code: Option<&str>,
    ) -> Outcome {
        if !challenge.is_signed_by(key, signature) {
            return rejected(Rejection::new(RejectCode::BadSignature));
        }
        let Some(programme) = self.programmes.get(&challenge.programme) else {
            return rejected(Rejection::new(RejectCode::UnknownProgramme));
        };
        let Seat { role, memberships } = match self.seat(&programme, key, code).await {
            Ok(seat) => seat,
            Err(rejection) => return rejected(rejection),
        };
        let member = Member { programme, key, role };
        match self.welcome(&member, &memberships).await {
            Ok(welcome) => Outcome::Command(Ok(Answer::Welcome(Box::new(welcome))), Change::Open(member)),
            Err(rejection) => rejected(rejection),
        }
    }

    /// What a join code is for. Takes no seat.
    pub(crate) fn preview(&self, programme: &str, code: &str) -> Result<Previewed, Rejection> {
        let unknown = || Rejection::new(RejectCode::UnknownProgramme);
        let id = ProgrammeId::new(programme).map_err(|_| unknown())?;
        let programme = self.programmes.get(&id).ok_or_else(unknown)?;
        let content_key = self.programmes.key(&id).map_err(|_| unknown())?;
        let role = role_of(&content_key, &programme, code).ok_or_else(|| Rejection::new(RejectCode::WrongCode))?;
        Ok(Previewed { programme: programme_info(&programme, &role), role: role_info(&programme, &role) })
    }

    /// The seat that the key has, or takes by its join code.
    async fn seat(&self, programme: &Arc<Programme>, key: MemberKey, code: Option<&str>) -> Result<Seat, Rejection> {
        let failed = |error| store_failed(&self.telemetry, &error);
        if let Some(seat) = self.store.seat(&programme.id, &key).await.map_err(failed)? {
            return Ok(seat);
        }
        let code = code.ok_or_else(|| Rejection::new(RejectCode::NotAdmitted))?;
        let content_key =
            self.programmes.key(&programme.id).map_err(|_| Rejection::new(RejectCode::UnknownProgramme))?;
        let role = role_of(&content_key, programme, code).ok_or_else(|| Rejection::new(RejectCode::WrongCode))?;
        let role = self.store.admit(&programme.id, &key, &role).await.map_err(|error| match error {
            AdmitError::Full => Rejection::new(RejectCode::RoomFull),
            AdmitError::UnknownRole => Rejection::new(RejectCode::WrongCode),
            AdmitError::Store(error) => store_failed(&self.telemetry, &error),
        })?;
        // Another session of the same key may have been faster, and may have joined since.
        let memberships = self.store.memberships(&programme.id, &key).await.map_err(failed)?;
        Ok(Seat { role, memberships })
    }

    async fn welcome(&self, member: &Member, memberships: &BTreeMap<RoomId, Membership>) -> Result<Welcome, Rejection> {
        Ok(Welcome {
            programme: programme_info(&member.programme, &member.role),
            role: role_info(&member.programme, &member.role),
            rooms: self.rooms_with(member, memberships).await?,
            next: self.next_room(&member.programme),
            limits: limits_info(&self.limits),
            reactions: Reaction::ALL.map(|reaction| reaction.as_str().to_owned()).to_vec(),
        })
    }
}

/// What `role` is told of its programme: of the other roles, those that it meets in its rooms.
fn programme_info(programme: &Programme, role: &RoleId) -> ProgrammeInfo {
    let own: Vec<_> = programme.rooms.iter().filter(|room| room.roles.contains(role)).collect();
    let meets = |other: &&Role| own.iter().any(|room| room.roles.contains(&other.id));
    ProgrammeInfo {
        id: programme.id.to_string(),
        name: programme.name.as_str().to_owned(),
        organisation: programme.organisation.as_str().to_owned(),
        purposes: programme.purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect(),
        roles: programme.roles.iter().filter(meets).map(info_of).collect(),
        timezone: programme.timezone.to_string(),
        language: programme.language.tag().to_owned(),
        retention_days: programme.retention_days,
    }
}

fn role_info(programme: &Programme, id: &RoleId) -> RoleInfo {
    programme.role(id).map_or_else(
        || RoleInfo {
            id: id.to_string(),
            name: id.to_string(),
            seats: 0,
            admission: Admission::FirstCome.as_str().to_owned(),
            eligibility: None,
            answers: false,
        },
        info_of,
    )
}

fn info_of(role: &Role) -> RoleInfo {
    RoleInfo {
        id: role.id.to_string(),
        name: role.name.as_str().to_owned(),
        seats: role.seats,
        admission: role.admission.as_str().to_owned(),
        eligibility: role.eligibility.as_ref().map(|who| who.as_str().to_owned()),
        answers: role.answers,
    }
}

fn limits_info(limits: &Limits) -> LimitsInfo {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    LimitsInfo {
        frame_bytes_max: number(limits.frame_bytes_max),
        body_graphemes_max: number(limits.body_graphemes_max),
        body_bytes_max: number(limits.body_bytes_max),
        mentions_max: number(limits.mentions_max),
        history_posts_max: number(limits.history_posts_max),
        posts_per_minute: limits.posts_per_minute,
        posts_burst: limits.posts_burst,
        heartbeat_seconds: u32::try_from(limits.heartbeat.as_secs()).unwrap_or(u32::MAX),
        rooms_max: number(limits.rooms_max),
    }
}
