//! The admin socket's client against a server that is slow, closes in the middle of a line, or talks nonsense.

use crate::admin::{
    AdminClient, AdminClientError, AdminCode, AdminCommand, Done, InProgramme, OnPost, PostsOnly, RoomPosts,
};
use kkanbu_wire::Nothing;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

/// A server as far as its test plays it.
struct Fake {
    folder: TempDir,
    listener: UnixListener,
}

/// One connection, seen from the server.
struct Caller {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("admin.sock")).unwrap();
        Self { folder, listener }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    async fn accepts(&self) -> Caller {
        let (stream, _) = self.listener.accept().await.unwrap();
        let (reader, writer) = UnixStream::into_split(stream);
        Caller { reader: BufReader::new(reader), writer }
    }
}

impl Caller {
    async fn hears(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).await.unwrap();
        assert!(line.ends_with('\n'), "{line:?}");
        serde_json::from_str(&line).unwrap()
    }

    async fn says(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).await.unwrap();
    }

    async fn answers(&mut self, id: &Value, result: Value) {
        let reply = json!({"jsonrpc": "2.0", "id": id, "result": result});
        self.says(&format!("{reply}\n")).await;
    }
}

fn status() -> Value {
    json!({"version": "0.1.0", "draining": false, "sessions": "30-99", "store": "ok", "log": "ok", "moon": "full"})
}

fn hiding(offset: u64) -> OnPost {
    let key = Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    OnPost { programme: "anyang-2022".into(), room: "plaza".into(), offset, key }
}

#[tokio::test]
async fn a_command_is_one_line_and_its_result_is_typed() {
    let fake = Fake::new();
    let serving = async {
        let mut caller = fake.accepts().await;
        let call = caller.hears().await;
        caller.answers(&call["id"], json!({"number": 7, "again": false, "offset": 20})).await;
        let ended = caller.hears().await;
        caller.answers(&ended["id"], json!({})).await;
        (call, ended)
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        let done = client.hide(hiding(13)).await.unwrap();
        client.end_programme("anyang-2022").await.unwrap();
        done
    };
    let ((call, ended), done) = tokio::join!(serving, asking);
    assert_eq!(done, Done { number: 7, again: false, offset: Some(20) });
    let params = json!({"programme": "anyang-2022", "room": "plaza", "offset": 13, "key": "AAAAAAAAAAAAAAAAAAAAAA"});
    assert_eq!((call["method"].as_str(), &call["params"]), (Some("post.hide"), &params));
    assert_eq!((ended["method"].as_str(), ended["id"].as_u64()), (Some("programme.end"), Some(2)));
}

#[tokio::test]
async fn of_several_commands_each_gets_its_own_answer_in_whatever_order_they_come() {
    let fake = Fake::new();
    let programme = "anyang-2022".to_owned();
    let posts = RoomPosts {
        programme: programme.clone(),
        room: "plaza".into(),
        before: None,
        limit: 50,
        only: PostsOnly::Hidden,
    };
    let commands = [
        AdminCommand::NodeStatus(Nothing {}),
        AdminCommand::ListRooms(InProgramme { programme }),
        AdminCommand::RoomPosts(posts),
    ];
    let serving = async {
        let mut caller = fake.accepts().await;
        let (one, two, three) = (caller.hears().await, caller.hears().await, caller.hears().await);
        caller.answers(&three["id"], json!({"posts": [], "more": false})).await;
        let error = json!({"code": 3602, "message": "unknown_programme", "data": {"detail": ["anyang-2022"]}});
        caller.says(&format!("{}\n", json!({"jsonrpc": "2.0", "id": two["id"], "error": error}))).await;
        caller.answers(&one["id"], status()).await;
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        client.ask_all(&commands).await.unwrap()
    };
    let ((), answers) = tokio::join!(serving, asking);
    assert_eq!(serde_json::from_str::<Value>(answers[0].as_ref().unwrap().get()).unwrap(), status());
    assert_eq!(answers[1].as_ref().unwrap_err().known(), Some(AdminCode::UnknownProgramme));
    assert_eq!(answers[2].as_ref().unwrap().get(), r#"{"more":false,"posts":[]}"#);
}

#[tokio::test]
async fn more_commands_than_a_socket_holds_do_not_block_each_other() {
    const MANY: usize = 2_000;
    let fake = Fake::new();
    let serving = async {
        let mut caller = fake.accepts().await;
        for _ in 0..MANY {
            let call = caller.hears().await;
            caller.answers(&call["id"], json!({"filler": "x".repeat(1_000)})).await;
        }
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        client.ask_all(&vec![AdminCommand::NodeStatus(Nothing {}); MANY]).await.unwrap()
    };
    let ((), answers) = tokio::join!(serving, asking);
    assert_eq!(answers.len(), MANY);
}

#[tokio::test]
async fn a_refusal_says_everything_that_is_wrong() {
    let fake = Fake::new();
    let serving = async {
        let mut caller = fake.accepts().await;
        let call = caller.hears().await;
        let error = json!({"code": 3600, "message": "invalid_programme", "data": {"detail": ["no rooms", "no roles"]}});
        caller.says(&format!("{}\n", json!({"jsonrpc": "2.0", "id": call["id"], "error": error}))).await;
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        client.create_programme("x").await.unwrap_err()
    };
    let ((), error) = tokio::join!(serving, asking);
    let said = error.to_string();
    assert!(said.contains("invalid_programme") && said.contains("no rooms") && said.contains("no roles"), "{said}");
    assert!(!error.may_retry() && !error.may_be_done());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_heard_by_nobody() {
    let fake = Fake::new();
    let serving = async {
        let mut slow = fake.accepts().await;
        let late = slow.hears().await;
        // The next command comes over another connection.
        let mut caller = fake.accepts().await;
        let _ =
            slow.writer.write_all(format!("{}\n", json!({"id": late["id"], "result": {"number": 1}})).as_bytes()).await;
        let call = caller.hears().await;
        caller.answers(&call["id"], json!({"number": 2, "again": true})).await;
    };
    let asking = async {
        let client = AdminClient::connect(fake.path()).await.unwrap();
        let mut client = client.with_deadline(Duration::from_millis(100));
        let late = client.hide(hiding(13)).await.unwrap_err();
        let mut client = client.with_deadline(Duration::from_secs(30));
        (late, client.hide(hiding(13)).await.unwrap())
    };
    let ((), (late, done)) = tokio::join!(serving, asking);
    assert_eq!(late, AdminClientError::Deadline(Duration::from_millis(100)));
    assert!(late.may_retry() && late.may_be_done());
    assert_eq!(done, Done { number: 2, again: true, offset: None });
}

#[tokio::test]
async fn a_connection_that_the_server_closed_between_two_commands_is_opened_anew() {
    let fake = Fake::new();
    let (closed, is_closed) = tokio::sync::oneshot::channel();
    let serving = async {
        let mut first = fake.accepts().await;
        let call = first.hears().await;
        first.answers(&call["id"], status()).await;
        drop(first);
        closed.send(()).unwrap();
        let mut second = fake.accepts().await;
        let call = second.hears().await;
        second.answers(&call["id"], status()).await;
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        client.status().await.unwrap();
        is_closed.await.unwrap();
        client.status().await.unwrap()
    };
    let ((), status) = tokio::join!(serving, asking);
    assert_eq!(status.sessions, "30-99");
}

/// What the client makes of a server that says this and closes.
async fn after(said: &str) -> AdminClientError {
    let fake = Fake::new();
    let serving = async {
        let mut caller = fake.accepts().await;
        caller.hears().await;
        caller.says(said).await;
    };
    let asking = async {
        let mut client = AdminClient::connect(fake.path()).await.unwrap();
        client.status().await.unwrap_err()
    };
    tokio::join!(serving, asking).1
}

#[tokio::test]
async fn a_server_that_closes_before_the_end_of_the_line_has_not_answered() {
    let whole = format!("{}\n", json!({"jsonrpc": "2.0", "id": 1, "result": status()}));
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert_eq!(after(&whole[..length]).await, AdminClientError::Closed, "{length}");
    }
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    for said in [
        "hello\n",
        "\n",
        "{}\n",
        "[]\n",
        "{\"id\":1}\n",
        "{\"id\":2,\"result\":{}}\n",
        "{\"id\":0,\"result\":{}}\n",
        "{\"id\":1,\"result\":{\"version\":7}}\n",
        "{\"id\":1,\"error\":{\"code\":\"x\"}}\n",
        "{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"params\":{}}\n",
    ] {
        let error = after(said).await;
        assert!(matches!(error, AdminClientError::Unreadable(_)), "{said}: {error:?}");
        assert!(error.may_be_done() && !error.may_retry());
    }
}

#[tokio::test]
async fn what_is_said_of_the_whole_connection_is_a_refusal() {
    let error = after("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":3401,\"message\":\"too_many_connections\",\"data\":{\"detail\":[]}}}\n").await;
    let AdminClientError::Refused(refused) = &error else { panic!("{error:?}") };
    assert_eq!(refused.known(), Some(AdminCode::TooManyConnections));
    assert!(error.may_retry());
}

#[tokio::test]
async fn a_command_that_fits_no_line_is_not_sent() {
    let fake = Fake::new();
    let mut client = AdminClient::connect(fake.path()).await.unwrap();
    let error = client.create_programme(&"x".repeat(1_048_576)).await.unwrap_err();
    assert!(matches!(error, AdminClientError::TooLong { max: 1_048_576, .. }), "{error:?}");
    assert!(!error.may_be_done());
}

#[tokio::test]
async fn without_a_server_the_words_say_what_to_look_at() {
    let missing = AdminClient::connect("/nonexistent/admin.sock").await.unwrap_err();
    assert_eq!(missing, AdminClientError::NoSocket(PathBuf::from("/nonexistent/admin.sock")));
    assert!(missing.to_string().contains("is the server running"), "{missing}");

    let Fake { folder, listener } = Fake::new();
    drop(listener);
    let stale = AdminClient::connect(folder.path().join("admin.sock")).await.unwrap_err();
    assert!(matches!(stale, AdminClientError::NotRunning(_)), "{stale:?}");

    // A test that runs as root may open every socket.
    let denied = io::Error::from(io::ErrorKind::PermissionDenied);
    let denied = AdminClientError::of_opening(Path::new("/run/kkanbu/admin.sock"), &denied);
    assert!(denied.to_string().contains("run this as the user that runs the server"), "{denied}");
    assert!(!denied.may_retry());
}
