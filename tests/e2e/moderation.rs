//! Moderators at the admin socket, and what members see of it.

use crate::harness::{Person, World, draft, rejected};
use kkanbu_client::command_key;
use kkanbu_wire::{Code, Push, RejectCode, RoomEndCode, What};
use serde_json::json;

#[tokio::test]
async fn a_frozen_room_takes_no_posts_until_it_is_thawed() {
    let world = World::start().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    let done = moderator.in_plaza("room.freeze", json!({})).await.unwrap();
    assert_eq!(ann.next_publication().await.what, What::Freeze);
    rejected(ann.posts("plaza", "안녕하세요").await, RejectCode::RoomFrozen);
    assert_eq!(done["offset"], json!(1));
    moderator.in_plaza("room.thaw", json!({})).await.unwrap();
    assert_eq!(ann.next_publication().await.what, What::Thaw);
    ann.posts("plaza", "안녕하세요").await.unwrap();
}

#[tokio::test]
async fn a_hidden_post_is_gone_for_members_and_not_for_moderators_and_comes_back() {
    let world = World::start().await;
    let (mut ann, mut ben) = (world.in_plaza("mentee").await, world.in_plaza("mentee").await);
    let offset = ann.posts("plaza", "지우고 싶은 글").await.unwrap();
    ben.sees(ann.handle(), "지우고 싶은 글").await;
    let mut moderator = world.moderator().await;
    moderator.in_plaza("post.hide", json!({ "offset": offset })).await.unwrap();
    assert_eq!(ben.next_publication().await.what, What::Hide { target: offset });
    let post = &ben.history("plaza", None, 10).await.unwrap().posts[0];
    assert!(post.hidden && post.body.is_none() && !post.retracted);
    rejected(ben.reacts("plaza", offset, "👍", true).await, RejectCode::PostHidden);
    // Who comes back with an older position gets no text either.
    let mut late = world.again(&ben).await;
    let position = late.joins("plaza").await.unwrap().position;
    let before = kkanbu_wire::Position { offset: 0, ..position };
    late.resumes("plaza", before).await.unwrap();
    assert!(matches!(late.next_publication().await.what, What::Post { body: None, hidden: true, .. }));
    let seen = moderator.in_plaza("room.posts", json!({ "limit": 10, "only": "hidden" })).await.unwrap();
    assert_eq!(seen["posts"][0]["body"], json!("지우고 싶은 글"));
    moderator.in_plaza("post.restore", json!({ "offset": offset })).await.unwrap();
    let What::Restore { target, body, .. } = ben.next_publication().await.what else { panic!("not restored") };
    assert_eq!((target, body.as_deref()), (offset, Some("지우고 싶은 글")));
    assert_eq!(moderator.in_plaza("post.hide", json!({ "offset": 999 })).await, Err("unknown_post".into()));
}

#[tokio::test]
async fn a_muted_member_is_told_and_others_see_nothing_of_it() {
    let world = World::start().await;
    let (mut ann, mut ben) = (world.in_plaza("mentee").await, world.in_plaza("mentee").await);
    let mut moderator = world.moderator().await;
    let mute = json!({ "handle": ann.handle(), "minutes": 30 });
    let muted = moderator.in_plaza("member.mute", mute).await.unwrap();
    let Push::Muted(told) = ann.next_push().await else { panic!("not told") };
    assert_eq!(json!(told.muted_until), muted["muted_until"]);
    let rejection = rejected(ann.posts("plaza", "hi").await, RejectCode::Muted);
    assert_eq!(json!(rejection.data.muted_until), muted["muted_until"]);
    ben.sees_nothing().await;
    // Leaving and coming in again under another handle does not end it.
    ann.leaves("plaza").await.unwrap();
    let joined = ann.joins("plaza").await.unwrap();
    assert_eq!(joined.muted_until, told.muted_until);
    rejected(ann.posts("plaza", "hi").await, RejectCode::Muted);
    let handle = ann.handle().to_owned();
    moderator.in_plaza("member.unmute", json!({ "handle": handle })).await.unwrap();
    assert!(matches!(ann.next_push().await, Push::Muted(told) if told.muted_until.is_none()));
    ann.posts("plaza", "hi").await.unwrap();
}

#[tokio::test]
async fn a_mute_ends_by_itself() {
    let world = World::start().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    let mute = json!({ "handle": ann.handle(), "minutes": 30 });
    moderator.in_plaza("member.mute", mute).await.unwrap();
    rejected(ann.posts("plaza", "hi").await, RejectCode::Muted);
    world.clock.forward(31);
    assert_eq!(ann.joins("plaza").await.unwrap().muted_until, None);
    ann.posts("plaza", "hi").await.unwrap();
}

#[tokio::test]
async fn a_removed_member_is_out_in_every_session_and_stays_out_until_it_is_restored() {
    let world = World::start().await;
    let (mut ann, mut ben) = (world.in_plaza("mentee").await, world.in_plaza("mentee").await);
    let mut second = world.again(&ann).await;
    second.joins("plaza").await.unwrap();
    ann.posts("plaza", "hello").await.unwrap();
    let handle = ann.handle().to_owned();
    ben.sees(&handle, "hello").await;
    ann.sees_own("hello").await;
    second.sees(&handle, "hello").await;
    let mut moderator = world.moderator().await;
    moderator.in_plaza("member.remove", json!({ "handle": handle })).await.unwrap();
    for session in [&mut ann, &mut second] {
        assert_eq!(session.next_room_ended().await.code, RoomEndCode::Removed.number());
        rejected(session.joins("plaza").await, RejectCode::Removed);
    }
    rejected(ann.leaves("plaza").await, RejectCode::Removed);
    // Other rooms are other rooms.
    ann.joins("small").await.unwrap();
    ben.sees_nothing().await;
    moderator.in_plaza("member.restore", json!({ "handle": handle })).await.unwrap();
    assert_eq!(ann.joins("plaza").await.unwrap().handle, handle);
    ann.posts("plaza", "back").await.unwrap();
}

#[tokio::test]
async fn slow_mode_lets_each_member_post_once_in_a_while() {
    let world = World::start().await;
    let (mut ann, mut ben) = (world.in_plaza("mentee").await, world.in_plaza("mentee").await);
    let mut moderator = world.moderator().await;
    moderator.in_plaza("room.slow", json!({ "seconds": 60 })).await.unwrap();
    assert_eq!(ann.next_publication().await.what, What::Slow { slow_seconds: 60 });
    let first = draft("plaza", "one");
    let placed = ann.sends_post(first.clone()).await.unwrap();
    let rejection = rejected(ann.posts("plaza", "two").await, RejectCode::SlowMode);
    assert!((55_000..=60_000).contains(&rejection.data.retry_after_ms.unwrap()));
    assert_eq!(ann.sends_post(first).await.unwrap(), placed, "a retried post is the post that it was");
    ben.posts("plaza", "others are not held up").await.unwrap();
    ann.leaves("plaza").await.unwrap();
    ann.joins("plaza").await.unwrap();
    rejected(ann.posts("plaza", "a stranger who is the same member").await, RejectCode::SlowMode);
    moderator.in_plaza("room.slow", json!({ "seconds": 0 })).await.unwrap();
    ann.posts("plaza", "two").await.unwrap();
}

#[tokio::test]
async fn a_notice_stands_until_another_one_or_none_comes() {
    let world = World::start().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    moderator.in_plaza("room.notice", json!({ "text": "내일 2시에 모입니다" })).await.unwrap();
    assert_eq!(ann.next_publication().await.what, What::Notice { text: Some("내일 2시에 모입니다".into()) });
    let mut ben = world.member("mentee").await;
    assert_eq!(ben.joins("plaza").await.unwrap().notice.unwrap().text, "내일 2시에 모입니다");
    moderator.in_plaza("room.notice", json!({})).await.unwrap();
    assert_eq!(ann.next_publication().await.what, What::Notice { text: None });
    assert_eq!(moderator.in_plaza("room.notice", json!({ "text": "a\u{202E}b" })).await, Err("bad_text".into()));
}

#[tokio::test]
async fn a_question_is_open_until_it_is_answered() {
    let world = World::start().await;
    let (mut mentee, mut mentor) = (world.in_plaza("mentee").await, world.in_plaza("mentor").await);
    mentee.posts("plaza", "안녕하세요").await.unwrap();
    let asked = mentee.sends_post(question("연가는 어떻게 쓰나요?")).await.unwrap();
    let mut other = world.in_plaza("mentee").await;
    assert_eq!(open_questions(&mut other).await, [asked]);
    rejected(other.answers("plaza", asked, true).await, RejectCode::MayNotAnswer);
    rejected(mentor.answers("plaza", asked - 1, true).await, RejectCode::NotAQuestion);
    mentor.answers("plaza", asked, true).await.unwrap();
    assert_eq!(other.next_publication().await.what, What::Answered { target: asked, on: true });
    assert_eq!(open_questions(&mut other).await, Vec::<u64>::new());
    mentee.answers("plaza", asked, false).await.unwrap();
    assert_eq!(open_questions(&mut other).await, [asked]);
}

fn question(body: &str) -> kkanbu_wire::Post {
    kkanbu_wire::Post { question: true, ..draft("plaza", body) }
}

async fn open_questions(person: &mut Person) -> Vec<u64> {
    let page = person.open_questions("plaza", 10).await.unwrap();
    page.posts.iter().map(|post| post.offset).collect()
}

#[tokio::test]
async fn moderators_see_bands_and_everything_that_is_set() {
    let world = World::start().await;
    let _ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    moderator.in_plaza("room.slow", json!({ "seconds": 5 })).await.unwrap();
    let list = moderator.calls("room.list", json!({ "programme": "anyang-2022" })).await.unwrap();
    let plaza = &list["rooms"][0];
    assert_eq!((&plaza["room"], &plaza["size"], &plaza["slow_seconds"]), (&json!("plaza"), &json!("1-9"), &json!(5)));
    let programmes = moderator.calls("programme.list", json!({})).await.unwrap();
    assert_eq!(programmes["programmes"][0]["programme"], json!("anyang-2022"));
    let links = moderator.calls("programme.links", json!({ "programme": "anyang-2022" })).await.unwrap();
    assert!(links["links"]["mentor"].as_str().unwrap().contains("/#/join/anyang-2022/"));
    let status = moderator.calls("node.status", json!({})).await.unwrap();
    assert_eq!((&status["store"], &status["log"], &status["draining"]), (&json!("ok"), &json!("ok"), &json!(false)));
}

#[tokio::test]
async fn every_act_is_in_the_audit_log_and_the_same_key_is_the_same_act() {
    let world = World::start().await;
    let ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    let key = command_key().to_text();
    let mute = json!({ "handle": ann.handle(), "minutes": 30, "key": key });
    let first = moderator.in_plaza("member.mute", mute.clone()).await.unwrap();
    world.clock.forward(2);
    let again = moderator.in_plaza("member.mute", mute).await.unwrap();
    assert_eq!((&again["number"], &again["again"]), (&first["number"], &json!(true)));
    assert_eq!(again["muted_until"], first["muted_until"]);
    assert_eq!(moderator.in_plaza("room.freeze", json!({ "key": key })).await, Err("key_reused".into()));
    moderator.in_plaza("room.freeze", json!({})).await.unwrap();
    let audit = moderator.calls("audit.list", json!({ "limit": 100 })).await.unwrap();
    let acts: Vec<&str> = audit["entries"].as_array().unwrap().iter().map(|e| e["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["programme.create", "programme.create", "member.mute", "room.freeze"]);
    assert_eq!(audit["entries"][2]["handle"], json!(ann.handle()));
    assert_eq!(audit["head"]["hash"], audit["entries"][3]["hash"]);
}

#[tokio::test]
async fn an_act_on_what_is_not_there_is_refused_by_name_and_leaves_no_entry() {
    let world = World::start().await;
    let mut moderator = world.moderator().await;
    let before = moderator.calls("audit.list", json!({ "limit": 1 })).await.unwrap()["head"].clone();
    let mute = |handle: &str| json!({ "handle": handle, "minutes": 30 });
    assert_eq!(moderator.in_plaza("member.mute", mute("용감한 고라니")).await, Err("unknown_handle".into()));
    assert_eq!(moderator.in_plaza("member.remove", json!({ "handle": "nobody" })).await, Err("unknown_handle".into()));
    let elsewhere = json!({ "programme": "nowhere", "room": "plaza" });
    assert_eq!(moderator.calls("room.freeze", elsewhere).await, Err("unknown_programme".into()));
    let elsewhere = json!({ "programme": "anyang-2022", "room": "nowhere" });
    assert_eq!(moderator.calls("room.freeze", elsewhere).await, Err("unknown_room".into()));
    let after = moderator.calls("audit.list", json!({ "limit": 1 })).await.unwrap()["head"].clone();
    assert_eq!(before, after);
}

#[tokio::test]
async fn lines_that_are_no_commands_are_refused_and_the_connection_goes_on() {
    let world = World::start().await;
    let mut moderator = world.moderator().await;
    for (line, code) in [
        ("not json", "malformed_json"),
        ("[]", "invalid_request"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"room.explode","params":{}}"#, "unknown_method"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"room.freeze","params":{"programme":"a","room":"b","x":1}}"#,
            "invalid_params",
        ),
    ] {
        moderator.says_raw(&format!("{line}\n")).await;
        assert_eq!(moderator.next_line().await.unwrap()["error"]["message"], json!(code), "{line}");
    }
    moderator.calls("node.status", json!({})).await.unwrap();
    moderator.says_raw(&"x".repeat(1_048_576)).await;
    assert_eq!(moderator.next_line().await.unwrap()["error"]["message"], json!("line_too_long"));
}

#[tokio::test]
async fn callers_beyond_the_limit_are_told_and_the_others_go_on() {
    let world = World::start().await;
    let mut callers = Vec::new();
    for _ in 0..16 {
        let mut caller = world.moderator().await;
        caller.calls("node.status", json!({})).await.unwrap();
        callers.push(caller);
    }
    let mut one_more = world.moderator().await;
    assert_eq!(one_more.next_line().await.unwrap()["error"]["message"], json!("too_many_connections"));
    assert_eq!(one_more.next_line().await, None);
    callers[0].calls("node.status", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_calls_is_answered_call_by_call_while_members_talk() {
    const CALLS: usize = 100_000;
    let world = World::start().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut flood = world.moderator().await;
    let mut lines = String::new();
    for id in 0..CALLS {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "programme.list", "params": {} });
        lines = lines + &call.to_string() + "\n";
    }
    let (reader, writer) = flood.split();
    let sending = async { writer.says_raw(&lines).await };
    let answered = async {
        for id in 0..CALLS {
            assert_eq!(reader.next_line().await.unwrap()["id"], json!(id));
        }
    };
    let talking = async {
        for number in 0..50 {
            ann.posts("plaza", &format!("{number}")).await.unwrap();
        }
    };
    tokio::join!(sending, answered, talking);
}

#[tokio::test]
async fn a_drain_from_the_admin_socket_is_the_drain_of_a_signal() {
    let mut world = World::start().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    assert_eq!(moderator.calls("node.drain", json!({})).await, Ok(json!({})));
    let (code, reason) = ann.end().await;
    assert_eq!(code, 4000);
    assert!(reason.starts_with("come back in "), "{reason}");
    assert!(world.stop().await);
}
