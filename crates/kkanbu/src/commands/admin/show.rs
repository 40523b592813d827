//! Results for people's eyes. Times are in UTC: a programme's own time zone is not known here.

use super::text::{Table, hour, minute, one_line, plain};
use kkanbu_client::admin::{
    AdminCommand, Audit, AuditEntry, Done, MemberDone, ModeratedPost, ModeratedPosts, ModeratedRoom, ModeratedRooms,
    NodeStatus, ProgrammeCreated, ProgrammeLinks, Programmes,
};
use serde_json::Result;
use std::collections::BTreeMap;

/// The lines that say what became of a command. Fails where the result is not what this version expects.
pub(super) fn result(command: &AdminCommand, json: &str) -> Result<Vec<String>> {
    use AdminCommand as Is;
    Ok(match command {
        Is::CreateProgramme(_) => created(&serde_json::from_str(json)?),
        Is::ListProgrammes(_) => programmes(&serde_json::from_str(json)?),
        Is::ProgrammeLinks(_) => {
            let ProgrammeLinks { links: of_role, .. } = serde_json::from_str(json)?;
            links(&of_role)
        }
        Is::EndProgramme(_) => vec!["ended; everything in it was destroyed".to_owned()],
        Is::ListRooms(_) => rooms(&serde_json::from_str(json)?),
        Is::RoomPosts(_) => posts(&serde_json::from_str(json)?),
        Is::FreezeRoom(_)
        | Is::ThawRoom(_)
        | Is::SlowRoom(_)
        | Is::NoticeRoom(_)
        | Is::HidePost(_)
        | Is::RestorePost(_) => vec![done(&serde_json::from_str(json)?)],
        Is::MuteMember(_) | Is::UnmuteMember(_) | Is::RemoveMember(_) | Is::RestoreMember(_) => {
            vec![member_done(&serde_json::from_str(json)?)]
        }
        Is::ListAudit(_) => audit(&serde_json::from_str(json)?),
        Is::NodeStatus(_) => status(&serde_json::from_str(json)?),
        Is::DrainNode(_) => vec!["the server is going down".to_owned()],
    })
}

fn created(made: &ProgrammeCreated) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", one_line(&made.programme), one_line(&made.name))];
    lines.extend(links(&made.links));
    lines
}

fn links(of_role: &BTreeMap<String, String>) -> Vec<String> {
    let mut table = Table::new(&["ROLE", "JOIN LINK"]);
    for (role, link) in of_role {
        table.row(&[role.clone(), link.clone()]);
    }
    table.lines()
}

fn programmes(list: &Programmes) -> Vec<String> {
    let mut table = Table::new(&["PROGRAMME", "ROOMS", "NAME", "ORGANISATION"]);
    for item in &list.programmes {
        table.row(&[item.programme.clone(), item.rooms.to_string(), item.name.clone(), item.organisation.clone()]);
    }
    table.lines()
}

fn rooms(list: &ModeratedRooms) -> Vec<String> {
    let mut table = Table::new(&["ROOM", "PHASE", "SIZE", "QUESTIONS", "STATE", "NAME"]);
    for room in &list.rooms {
        table.row(&[
            room.room.clone(),
            phase(room),
            room.size.clone(),
            room.open_questions.to_string(),
            state(room),
            room.topic.as_ref().map_or_else(|| room.name.clone(), |topic| format!("{} ({topic})", room.name)),
        ]);
    }
    let mut lines = table.lines();
    for room in &list.rooms {
        if let Some(notice) = &room.notice {
            lines.push(String::new());
            lines.push(format!("notice in {} since {}", one_line(&room.room), minute(notice.minute)));
            lines.extend(indented(&notice.text));
        }
    }
    lines
}

fn phase(room: &ModeratedRoom) -> String {
    match (room.phase.as_str(), room.opens, room.closes) {
        ("upcoming", Some(opens), _) => format!("opens {}", minute(opens)),
        ("open", _, Some(closes)) => format!("open until {}", minute(closes)),
        (phase, ..) => phase.to_owned(),
    }
}

fn state(room: &ModeratedRoom) -> String {
    let mut state = Vec::new();
    if room.frozen {
        state.push("frozen".to_owned());
    }
    if room.slow_seconds > 0 {
        state.push(format!("slow {} s", room.slow_seconds));
    }
    if room.notice.is_some() {
        state.push("notice".to_owned());
    }
    if state.is_empty() { "-".to_owned() } else { state.join(", ") }
}

fn posts(page: &ModeratedPosts) -> Vec<String> {
    let mut lines = Vec::new();
    if let (true, Some(oldest)) = (page.more, page.posts.first()) {
        lines.push(format!("(older ones: --before {})", oldest.offset));
    }
    page.posts.iter().for_each(|post| lines.extend(one_post(post)));
    if page.posts.is_empty() {
        lines.push("no posts".to_owned());
    }
    lines
}

fn one_post(post: &ModeratedPost) -> Vec<String> {
    let mut head = format!("{}  {}  {}", post.offset, minute(post.minute), one_line(&post.author));
    if let Some(role) = &post.role {
        head = format!("{head} ({})", one_line(role));
    }
    let reply_to = post.reply_to.map(|offset| format!("reply to {offset}"));
    let question = if post.answered { "answered question" } else { "open question" };
    let marks = [
        reply_to.as_deref(),
        post.question.then_some(question),
        post.edited.then_some("edited"),
        post.hidden.then_some("hidden"),
        post.retracted.then_some("taken back by its author"),
    ];
    let marks: Vec<&str> = marks.into_iter().flatten().collect();
    if !marks.is_empty() {
        head = format!("{head}  [{}]", marks.join(", "));
    }
    let mut lines = vec![head];
    lines.extend(post.body.as_deref().map(indented).unwrap_or_default());
    lines
}

fn indented(text: &str) -> Vec<String> {
    plain(text).lines().map(|line| format!("    {line}")).collect()
}

fn again(text: String, again: bool) -> String {
    if again { format!("{text} (done before with this key; not done again)") } else { text }
}

fn done(done: &Done) -> String {
    let place = done.offset.map_or_else(
        || "the room will be told as soon as its log can be written".to_owned(),
        |offset| format!("number {offset} in the room"),
    );
    again(format!("done: audit entry {}, {place}", done.number), done.again)
}

fn member_done(done: &MemberDone) -> String {
    let until = done.muted_until.map(|until| format!(", muted until {}", minute(until))).unwrap_or_default();
    again(format!("done: audit entry {}{until}", done.number), done.again)
}

fn audit(audit: &Audit) -> Vec<String> {
    let mut table = Table::new(&["ENTRY", "HOUR", "PROGRAMME", "ROOM", "ACT", "HASH", "WHAT"]);
    for entry in &audit.entries {
        table.row(&[
            entry.number.to_string(),
            hour(entry.hour),
            entry.programme.clone(),
            entry.room.clone().unwrap_or_else(|| "-".to_owned()),
            entry.act.clone(),
            entry.hash.chars().take(12).collect(),
            what(entry),
        ]);
    }
    let mut lines = table.lines();
    // As `verify audit --expect` takes it.
    lines.push(format!("head {}:{}", audit.head.number, one_line(&audit.head.hash)));
    lines
}

fn what(entry: &AuditEntry) -> String {
    let parts = [
        entry.offset.map(|offset| format!("post {offset}")),
        entry.handle.clone(),
        entry.seconds.map(|seconds| format!("{seconds} s")),
        entry.muted_until.map(|until| format!("until {}", minute(until))),
        entry.text.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn status(status: &NodeStatus) -> Vec<String> {
    let uptime = status.uptime_hours.map_or_else(|| "unknown".to_owned(), |hours| format!("{hours} h"));
    let state = if status.draining { "going down" } else { "serving" };
    let lines = [
        ("version", status.version.as_str()),
        ("state", state),
        ("up for", uptime.as_str()),
        ("sessions", status.sessions.as_str()),
        ("store", status.store.as_str()),
        ("log", status.log.as_str()),
    ];
    lines.iter().map(|(name, value)| format!("{name:<9} {}", one_line(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_wire::admin::{AdminIncoming, decode_command};
    use serde_json::Value;

    fn vectors(name: &str) -> Vec<Value> {
        let path = format!("{}/../../proto/admin/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    /// How the result with this name reads.
    fn shown(name: &str) -> String {
        let results = vectors("results");
        let vector = results.iter().find(|vector| vector["name"] == name).unwrap();
        let commands = vectors("commands");
        let line = commands.iter().find(|command| command["method"] == vector["method"]).unwrap()["line"].as_str();
        let AdminIncoming { command, .. } = decode_command(line.unwrap().as_bytes()).unwrap();
        let reply: Value = serde_json::from_str(vector["line"].as_str().unwrap()).unwrap();
        result(&command, &reply["result"].to_string()).unwrap().join("\n")
    }

    #[test]
    fn every_result_of_the_contract_can_be_shown() {
        for vector in vectors("results") {
            let text = shown(vector["name"].as_str().unwrap());
            assert!(!text.is_empty() && !text.contains('\t'), "{text}");
        }
    }

    #[test]
    fn posts_show_what_became_of_them_and_hidden_ones_their_text() {
        let text = shown("room.posts");
        assert!(
            text.starts_with("(older ones: --before 3)\n3  2025-12-03T05:45:00Z  용감한 고라니\n    안녕하세요\n"),
            "{text}"
        );
        assert!(text.contains("[edited, hidden]\n    숨긴 글\n"), "{text}");
        assert!(text.contains("느긋한 수달 (멘토)  [reply to 3]\n"), "{text}");
        assert!(text.contains("[taken back by its author]\n6"), "{text}");
        assert!(text.contains("[answered question]"), "{text}");
    }

    #[test]
    fn rooms_show_their_state_and_their_notice() {
        let text = shown("room.list");
        assert!(text.contains("frozen, slow 30 s, notice"), "{text}");
        assert!(text.contains("opens 2025-12-04T05:45:00Z"), "{text}");
        assert!(text.contains("notice in plaza since 2025-12-03T05:45:00Z\n    오늘 7시에"), "{text}");
    }

    #[test]
    fn the_audit_log_shows_what_was_done_to_whom_and_where_it_ends() {
        let text = shown("audit.list");
        assert!(text.contains("room.slow"), "{text}");
        assert!(text.contains("느긋한 수달, until 2025-12-03T06:45:00Z"), "{text}");
        assert!(text.ends_with(&format!("\nhead 12:{}", "0c".repeat(32))), "{text}");
        assert!(shown("audit.list, nothing was ever done").ends_with(&format!("\nhead 0:{}", "0".repeat(64))));
    }

    #[test]
    fn an_act_says_whether_it_was_done_now() {
        assert_eq!(shown("room.freeze"), "done: audit entry 3, number 13 in the room");
        assert!(shown("room.freeze, again with its key").contains("not done again"));
        assert!(shown("post.hide, the room's log does not have it yet").contains("will be told"));
        assert_eq!(shown("member.mute"), "done: audit entry 10, muted until 2025-12-03T06:45:00Z");
    }
}
