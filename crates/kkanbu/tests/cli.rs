//! The binary as an operator meets it: configuration, folders, and what it says when something is wrong with them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/crowds.rs"]
mod crowds;
#[path = "cli/descriptors.rs"]
mod descriptors;
#[path = "cli/operators.rs"]
mod operators;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a configuration that can run.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        fs::copy("programmes/anyang-2022.toml", site.path("anyang.toml")).unwrap();
        site.configure("");
        site
    }

    fn made() -> Self {
        let site = Self::new();
        let made = site.run("init");
        assert!(made.status.success(), "{}", said(&made));
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, more: &str) {
        let text = format!(
            "public_origin = \"http://localhost:8080\"\nlisten = \"127.0.0.1:0\"\ndata_folder = \"data\"\nkey_folder = \"keys\"\nprogrammes = [\"anyang.toml\"]\nadmin_socket = \"admin.sock\"\n{more}"
        );
        fs::write(self.path("kkanbu.toml"), text).unwrap();
    }

    fn run(&self, command: &str) -> Output {
        kkanbu().arg(command).arg("--config").arg(self.path("kkanbu.toml")).output().unwrap()
    }

    /// `serve` must refuse: with this exit code, and words that say why.
    #[track_caller]
    fn refuses(&self, code: i32, words: &[&str]) {
        let mut child = self.serve();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "it serves");
            std::thread::sleep(Duration::from_millis(20));
        };
        let output = child.wait_with_output().unwrap();
        let said = said(&output);
        assert_eq!(status.code(), Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
    }

    fn serve(&self) -> Child {
        let mut command = kkanbu();
        command.arg("serve").arg("--config").arg(self.path("kkanbu.toml"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Serves until the admin socket is there, then ends in good order: nothing is left in a write-ahead log.
    fn serves_in_order(&self) {
        let mut child = self.serve();
        wait_for(&self.path("admin.sock"));
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        assert!(child.wait().unwrap().success());
    }

    /// Serves until the admin socket is there, then is killed.
    fn serves_once(&self) {
        let mut child = self.serve();
        wait_for(&self.path("admin.sock"));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn kkanbu() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kkanbu"))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < PATIENCE, "{} does not appear", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_wrong_configuration_exits_with_64_and_names_every_fault_with_its_line() {
    let site = Site::new();
    site.configure("padding = \"loud\"\ncolour = \"red\"\ndrain_seconds = 0\n");
    for command in ["serve", "check-config", "print-config", "init", "links"] {
        let output = site.run(command);
        assert_eq!(output.status.code(), Some(64), "{command}: {}", said(&output));
        for fault in ["line 7: padding", "line 8: colour", "line 9: drain_seconds"] {
            assert!(said(&output).contains(fault), "{fault} is not in: {}", said(&output));
        }
        assert!(!site.path("data").exists());
    }
    assert_eq!(kkanbu().args(["demo", "--port", "99999"]).output().unwrap().status.code(), Some(64));
    assert_eq!(kkanbu().arg("--help").output().unwrap().status.code(), Some(0));
    let missing = kkanbu().args(["serve", "--config", "/nowhere/kkanbu.toml"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(64));
}

#[test]
fn a_wrong_programme_file_exits_with_64_before_anything_is_made() {
    let site = Site::new();
    let wrong = fs::read_to_string("programmes/anyang-2022.toml").unwrap();
    fs::write(site.path("anyang.toml"), wrong.replace("seats = 17", "seats = 4").replace("2022-10-04", "\"soon\""))
        .unwrap();
    let faults = ["anyang.toml: line 11: programme.starts_on must be a day", "line 18: seats is 4; fewer than 5"];
    let folder = site.path("demo");
    let file = site.path("anyang.toml");
    let demo = kkanbu().args(["demo", "--port", "0", "--folder"]).arg(&folder).arg("--programme").arg(&file).output();
    let rehearse = kkanbu().args(["rehearse", "--seconds", "1", "--programme"]).arg(&file).output();
    for output in [demo.unwrap(), rehearse.unwrap(), site.run("check-config"), site.run("serve")] {
        assert_eq!(output.status.code(), Some(64), "{}", said(&output));
        for fault in faults {
            assert!(said(&output).contains(fault), "{fault} is not in: {}", said(&output));
        }
    }
    assert!(!folder.exists() && !site.path("data").exists());
}

#[test]
fn departments_that_share_a_room_are_told_to_who_checks() {
    let site = Site::new();
    let relay = fs::read_to_string("programmes/seogwipo-2026.toml").unwrap();
    fs::write(site.path("anyang.toml"), relay.replace("junior = 6", "junior = 2")).unwrap();
    let checked = site.run("check-config");
    assert!(checked.status.success(), "{}", said(&checked));
    let note = "note: anyang.toml: line 54: department-5 has 2 of role junior, fewer than 5: it shares a room with department-4";
    assert!(said(&checked).contains(note), "{}", said(&checked));
}

#[test]
fn the_configuration_in_force_is_printed_and_can_be_read_again() {
    let site = Site::new();
    let printed = site.run("print-config");
    assert!(printed.status.success());
    fs::write(site.path("kkanbu.toml"), &printed.stdout).unwrap();
    assert_eq!(site.run("print-config").stdout, printed.stdout);
    assert!(site.run("check-config").status.success());
}

#[test]
fn serving_without_init_never_starts_empty() {
    let site = Site::new();
    site.refuses(74, &["data", "kkanbu init"]);
    assert!(!site.path("data").exists() && !site.path("keys").exists());
}

#[test]
fn folders_are_made_once_and_for_their_owner_alone() {
    let site = Site::made();
    assert!(said(&site.run("init")).contains("nothing was changed"));
    for folder in ["data", "keys"] {
        let mode = fs::metadata(site.path(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{folder} is open to others");
    }
    site.serves_once();
    let links = site.run("links");
    assert!(said(&links).contains("http://localhost:8080/#/join/anyang-2022/"), "{}", said(&links));
    let socket = fs::metadata(site.path("admin.sock")).unwrap().permissions().mode();
    assert_eq!(socket & 0o777, 0o600);
}

#[test]
fn a_missing_key_is_named_and_nothing_starts() {
    let site = Site::made();
    site.serves_once();
    let key = site.path("keys/anyang-2022.content-key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    site.refuses(74, &["anyang-2022", "content key", "missing"]);
    fs::write(&key, &kept).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    site.refuses(74, &["can be read by others", "chmod"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    site.serves_once();
}

#[test]
fn keys_without_their_data_are_not_given_an_empty_store() {
    let site = Site::made();
    site.serves_once();
    fs::rename(site.path("data"), site.path("elsewhere")).unwrap();
    site.refuses(74, &["data"]);
    let made = site.run("init");
    assert_eq!(made.status.code(), Some(74));
    assert!(said(&made).contains("holds keys of programmes"), "{}", said(&made));
}

#[test]
fn data_without_their_keys_are_not_given_new_ones() {
    let site = Site::made();
    site.serves_once();
    fs::rename(site.path("keys"), site.path("elsewhere")).unwrap();
    let made = site.run("init");
    assert_eq!(made.status.code(), Some(74));
    assert!(said(&made).contains("bring the keys back"), "{}", said(&made));
    assert!(!site.path("keys").exists(), "new ones would open nothing");
}

#[test]
fn foreign_truncated_and_strange_databases_are_refused() {
    for database in ["store.sqlite", "log.sqlite"] {
        let (site, other) = (Site::made(), Site::made());
        site.serves_in_order();
        let path = site.path("data").join(database);
        let kept = fs::read(&path).unwrap();

        fs::copy(other.path("data").join(database), &path).unwrap();
        site.refuses(74, &[database]);
        fs::write(&path, &kept[..kept.len() / 2]).unwrap();
        site.refuses(74, &[database]);
        fs::write(&path, b"this is a shopping list, not a database").unwrap();
        site.refuses(74, &[database]);
        fs::remove_file(&path).unwrap();
        site.refuses(74, &[database]);
        assert!(!path.exists(), "an empty one was made");
    }
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let site = Site::made();
    let mut first = site.serve();
    wait_for(&site.path("admin.sock"));
    site.refuses(74, &["another process uses"]);
    first.kill().unwrap();
    first.wait().unwrap();
    site.serves_once();
}

#[test]
fn a_port_or_socket_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::made();
    site.configure(&format!("ops_listen = \"{}\"\n", taken.local_addr().unwrap()));
    site.refuses(69, &["can't listen on", "in use"]);
    site.configure("");
    fs::write(site.path("admin.sock"), "a file").unwrap();
    site.refuses(69, &["admin socket", "no socket"]);
}

#[test]
fn certificate_files_are_read_before_anything_starts() {
    let site = Site::new();
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(site.path("cert.pem"), pair.cert.pem()).unwrap();
    fs::write(site.path("key.pem"), pair.signing_key.serialize_pem()).unwrap();
    let tls = |certificate: &str, key: &str| format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
    site.configure(&tls("cert.pem", "key.pem"));
    assert!(site.run("check-config").status.success());
    for (certificate, key, word) in [
        ("none.pem", "key.pem", "none.pem"),
        ("cert.pem", "cert.pem", "cert.pem"),
        ("key.pem", "key.pem", "no certificate"),
    ] {
        site.configure(&tls(certificate, key));
        let checked = site.run("check-config");
        assert_eq!(checked.status.code(), Some(64));
        assert!(said(&checked).contains(word), "{}", said(&checked));
    }
}

#[test]
fn sigterm_ends_the_server_with_zero() {
    let site = Site::made();
    let mut child = site.serve();
    wait_for(&site.path("admin.sock"));
    let term = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(term.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!site.path("admin.sock").exists());
}

/// Starts a demo under a limit on the size of its files, as a full disk would be.
fn demo(folder: &Path, blocks: Option<u32>) -> (Child, serde_json::Value) {
    let binary = env!("CARGO_BIN_EXE_kkanbu");
    let limit = blocks.map_or(String::new(), |blocks| format!("trap '' XFSZ; ulimit -f {blocks}; "));
    let script = format!("{limit}exec {binary} demo --json --port 0 --folder {}", folder.display());
    let mut child =
        Command::new("bash").args(["-c", &script]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    (child, ready)
}

#[test]
fn a_demo_goes_on_with_the_programme_that_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anyang.toml");
    let begin = |seats: &str| {
        let text = fs::read_to_string("programmes/anyang-2022.toml").unwrap();
        fs::write(&file, text.replace("seats = 17", seats)).unwrap();
        let mut command = kkanbu();
        command.args(["demo", "--json", "--port", "0", "--folder"]).arg(folder.path().join("x"));
        command.arg("--programme").arg(&file).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let ready: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let link = ready["links"]["mentor"].as_str().unwrap();
        link.rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!(begin("seats = 17"), begin("seats = 18"), "the file changed, the programme that runs did not");
}

fn link(ready: &serde_json::Value) -> kkanbu_client::JoinLink {
    ready["links"]["mentor"].as_str().unwrap().parse().unwrap()
}

/// The epoch of the plaza, as a new member is told it. The server ends in order.
async fn epoch(folder: &Path) -> String {
    use kkanbu_client::{Client, Options, Seed};
    let (mut child, ready) = demo(folder, None);
    let (client, _events) = Client::connect(Options::joining(&link(&ready), Seed::random())).await.unwrap();
    let epoch = client.join("plaza").await.unwrap().position.epoch;
    client.close().await;
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    epoch
}

#[tokio::test]
async fn data_put_back_from_a_copy_begin_a_new_epoch() {
    let site = tempfile::tempdir().unwrap();
    let (folder, data, copy) = (site.path().join("x"), site.path().join("x/data"), site.path().join("copy"));
    let first = epoch(&folder).await;
    assert_eq!(epoch(&folder).await, first, "a restart is no reason");
    assert!(Command::new("cp").arg("-r").args([&data, &copy]).status().unwrap().success());
    assert_eq!(epoch(&folder).await, first);
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&copy, &data).unwrap();
    let second = epoch(&folder).await;
    assert_ne!(second, first);
    assert_eq!(epoch(&folder).await, second);
}

#[tokio::test]
async fn a_full_disk_costs_answers_and_no_acknowledged_post() {
    use kkanbu_client::{Client, Options, Seed};
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::random();
    let (mut full, ready) = demo(folder.path(), Some(400));
    let mut acknowledged = Vec::new();
    let mut refused = false;
    {
        let options = Options::joining(&link(&ready), Seed::from_bytes(*seed.expose_secret()));
        let (client, mut events) = Client::connect(options).await.unwrap();
        let listening = async { while events.next().await.is_some() {} };
        let posting = async {
            client.join("plaza").await.unwrap();
            let body = "가".repeat(1_900);
            for n in 0..1_000 {
                let text = format!("{n} {body}");
                let post = tokio::time::timeout(Duration::from_secs(4), client.post("plaza", &text));
                let Ok(Ok(offset)) = post.await else {
                    refused = true;
                    break;
                };
                acknowledged.push(offset.get());
            }
            client.close().await;
        };
        tokio::join!(listening, posting);
    }
    assert!(refused, "the disk never got full: {} posts", acknowledged.len());
    assert!(full.try_wait().unwrap().is_none(), "the server died of a full disk");
    full.kill().unwrap();
    full.wait().unwrap();

    let (mut roomy, ready) = demo(folder.path(), None);
    let options = Options::joining(&link(&ready), seed);
    let (client, mut events) = Client::connect(options).await.unwrap();
    let listening = async { while events.next().await.is_some() {} };
    let reading = async {
        client.join("plaza").await.unwrap();
        let kept: Vec<u64> = client.whole_history("plaza").await.unwrap().iter().map(|post| post.offset).collect();
        let missing: Vec<_> = acknowledged.iter().filter(|offset| !kept.contains(offset)).collect();
        assert!(missing.is_empty(), "acknowledged and gone: {missing:?}");
        client.post("plaza", "room again").await.unwrap();
        client.close().await;
    };
    tokio::join!(listening, reading);
    roomy.kill().unwrap();
    roomy.wait().unwrap();
}
