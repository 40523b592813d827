//! `kkanbu admin` as a moderator meets it: what it says, what it asks the server for, and how it exits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// A server that hears one line and says one.
struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Answers the next command with what `reply` makes of it; gives the command.
    fn answers(&self, reply: impl FnOnce(&Value) -> String + Send + 'static) -> JoinHandle<Value> {
        let listener = UnixListener::bind(self.path("admin.sock")).unwrap();
        std::thread::spawn(move || {
            let mut stream: UnixStream = listener.accept().unwrap().0;
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            let call: Value = serde_json::from_str(&line).unwrap();
            stream.write_all(reply(&call).as_bytes()).unwrap();
            call
        })
    }

    fn run(&self, words: &[&str]) -> Output {
        kkanbu(&[&["--socket", self.path("admin.sock").to_str().unwrap()], words].concat())
    }
}

fn kkanbu(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kkanbu")).arg("admin").args(words).output().unwrap()
}

fn result(value: Value) -> impl FnOnce(&Value) -> String {
    move |call| format!("{}\n", json!({"jsonrpc": "2.0", "id": call["id"], "result": value}))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn fails(output: &Output, code: i32, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), ""), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn an_act_is_asked_for_with_a_key_and_told_in_words() {
    let fake = Fake::new();
    let server = fake.answers(result(json!({"number": 3, "again": false, "offset": 13})));
    let output = fake.run(&["room", "freeze", "anyang-2022", "plaza"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "done: audit entry 3, number 13 in the room\n"));
    let call = server.join().unwrap();
    assert_eq!((call["method"].as_str(), &call["params"]["room"]), (Some("room.freeze"), &json!("plaza")));
    assert_eq!(call["params"]["key"].as_str().unwrap().len(), 22);
}

#[test]
fn json_is_what_the_server_said_with_what_this_version_does_not_know() {
    let fake = Fake::new();
    let status = r#"{"version":"9","draining":false,"sessions":"1-9","store":"ok","log":"ok","moon":[1]}"#;
    let server =
        fake.answers(move |call| format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{status}}}\n", call["id"]));
    let output = fake.run(&["node", "status", "--json"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), format!("{status}\n").as_str()));
    server.join().unwrap();
}

#[test]
fn a_programme_file_goes_as_it_is_and_its_faults_come_back() {
    let fake = Fake::new();
    std::fs::write(fake.path("p.toml"), "[programme]\n").unwrap();
    let server = fake.answers(|call| {
        let error = json!({"code": 3600, "message": "invalid_programme", "data": {"detail": ["no id", "no rooms"]}});
        format!("{}\n", json!({"jsonrpc": "2.0", "id": call["id"], "error": error}))
    });
    let output = fake.run(&["programme", "create", fake.path("p.toml").to_str().unwrap()]);
    fails(&output, 1, &["invalid_programme", "no id", "no rooms"]);
    assert_eq!(server.join().unwrap()["params"]["definition"], "[programme]\n");
    fails(&fake.run(&["programme", "create", "/nowhere/p.toml"]), 1, &["/nowhere/p.toml"]);
}

#[test]
fn an_act_whose_answer_was_lost_can_be_asked_for_again() {
    let fake = Fake::new();
    let server = fake.answers(|_| "{\"jsonrpc\":\"2.0\",\"id\":1,\"res".to_owned());
    let output = fake.run(&["post", "hide", "anyang-2022", "plaza", "13"]);
    let key = server.join().unwrap()["params"]["key"].as_str().unwrap().to_owned();
    fails(&output, 69, &["may have been done", &format!("--key={key}")]);
}

#[test]
fn nonsense_of_a_server_is_no_success() {
    let fake = Fake::new();
    let server = fake.answers(|_| "hello\n".to_owned());
    fails(&fake.run(&["node", "status"]), 1, &["can't be read"]);
    server.join().unwrap();
}

#[test]
fn without_a_server_it_exits_with_69_and_says_what_to_look_at() {
    let fake = Fake::new();
    fails(&fake.run(&["node", "status"]), 69, &["admin.sock", "is the server running"]);
    drop(UnixListener::bind(fake.path("admin.sock")).unwrap());
    fails(&fake.run(&["node", "status"]), 69, &["the server is not running"]);
}

#[test]
fn what_is_typed_wrongly_exits_with_64_and_asks_nobody() {
    let fake = Fake::new();
    fails(&kkanbu(&["node", "status"]), 64, &["--socket PATH or --config FILE"]);
    fails(&fake.run(&["node", "status", "--config", "k.toml"]), 64, &["give one of them"]);
    fails(&fake.run(&["programme", "end", "anyang-2022"]), 64, &["--yes"]);
    fails(&fake.run(&["room", "slow", "anyang-2022", "plaza", "9999"]), 64, &["9999"]);
    fails(&fake.run(&["post", "hide", "anyang-2022", "plaza"]), 64, &["NUMBER"]);
}

#[test]
fn a_configuration_says_where_the_socket_is() {
    let fake = Fake::new();
    let configuration = |more: &str| {
        let text = format!(
            "public_origin = \"http://localhost:8080\"\nlisten = \"127.0.0.1:0\"\ndata_folder = \"data\"\nkey_folder = \"keys\"\n{more}"
        );
        std::fs::write(fake.path("kkanbu.toml"), text).unwrap();
    };
    let config = fake.path("kkanbu.toml");
    let status = ["node", "status", "--config", config.to_str().unwrap()];
    configuration("");
    fails(&kkanbu(&status), 64, &["no admin_socket"]);
    configuration("admin_socket = \"admin.sock\"\n");
    fails(&kkanbu(&status), 69, &["admin.sock"]);
    let server =
        fake.answers(result(json!({"version": "9", "draining": true, "sessions": "1-9", "store": "ok", "log": "ok"})));
    let output = kkanbu(&status);
    assert!(text(&output.stdout).contains("state     going down"), "{output:?}");
    server.join().unwrap();
}

#[test]
fn completions_and_manual_pages_know_the_command() {
    let said = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kkanbu")).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&["completions", shell]);
        assert!(script.contains("rehearse") && script.contains("freeze"), "{shell}");
    }
    assert!(said(&["man"]).contains(".TH kkanbu"));
}
