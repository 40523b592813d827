//! What operators watch: the health check, the metrics and the log lines, against a running server and against what `docs/METRICS.md` says.

use super::{PATIENCE, Site, demo, kkanbu, link, said};
use kkanbu_client::{Client, Options, Seed};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use tokio::time::Instant;

/// A metric by the name of its samples: its type and its label.
type Metrics = BTreeMap<String, (String, String)>;

/// Labels that say nothing about who, where or whose.
const LABELS: [&str; 3] = ["", "area", "reason"];

fn at(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The cells of the table of `docs/METRICS.md` whose heading begins like this.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = at("docs/METRICS.md");
    let (_, table) = text.split_once(heading).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`').to_owned()).collect()).collect()
}

fn get(url: &str, path: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What `/metrics` shows, and its samples.
fn metrics(text: &str) -> (Metrics, Vec<String>) {
    let mut found = Metrics::new();
    let types: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    for name in types.keys() {
        let help = text.lines().find_map(|line| line.strip_prefix(&format!("# HELP {name} ")));
        assert!(help.is_some_and(|help| help.len() > 10), "{name} has no help");
    }
    let is_sample = |line: &&str| line.starts_with("kkanbu_");
    let samples: Vec<String> = text.lines().filter(is_sample).map(str::to_owned).collect();
    for sample in &samples {
        let name = sample.split(['{', ' ']).next().unwrap();
        let label = sample.split_once('{').map_or("", |(_, rest)| rest.split('=').next().unwrap());
        assert!(sample.matches("=\"").count() <= 1, "{sample} has several labels");
        // A histogram is one metric of many samples, and its buckets are no label.
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let (name, label) = histogram.map_or((name, label), |name| (name, if label == "le" { "" } else { label }));
        let kind = types.get(name).or_else(|| types.get(name.strip_suffix("_total")?)).unwrap();
        found.insert(name.to_owned(), ((*kind).to_owned(), label.to_owned()));
    }
    (found, samples)
}

/// Ends with the test, also where that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is no failure.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Something for every counter that appears with its first event.
async fn provoke(ready: &serde_json::Value) {
    let (client, _events) = Client::connect(Options::joining(&link(ready), Seed::random())).await.unwrap();
    client.join("plaza").await.unwrap();
    client.post("plaza", "hello").await.unwrap();
    assert!(client.join("no-such-room").await.is_err());
    client.close().await;
    let refused = get(ready["url"].as_str().unwrap().replace("localhost", "127.0.0.1").as_str(), kkanbu_wire::PATH);
    assert!(refused.starts_with("HTTP/1.1 426"), "{refused}");
}

#[tokio::test]
async fn metrics_are_those_that_are_documented_and_tell_nothing_about_people() {
    let folder = tempfile::tempdir().unwrap();
    let (server, ready) = demo(folder.path(), None);
    let _running = Running(server);
    provoke(&ready).await;
    let documented: Metrics =
        rows("| Name | Type |").into_iter().map(|row| (row[0].clone(), (row[1].clone(), row[2].clone()))).collect();
    let began = Instant::now();
    let (found, samples) = loop {
        let (found, samples) = metrics(&get(ready["ops"].as_str().unwrap(), "/metrics"));
        // A session's end is counted a moment after its client has seen it.
        if found.len() >= documented.len() || began.elapsed() > PATIENCE {
            break (found, samples);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(found, documented, "left: what the server has; right: docs/METRICS.md");
    for (name, (kind, label)) in &found {
        assert!(LABELS.contains(&label.as_str()), "{name} has the label {label}");
        // What has no unit counts somebody, and is banded.
        let banded = ["_band", "_seconds", "_bytes", "_info"].iter().any(|ending| name.ends_with(ending));
        assert!(kind != "gauge" || banded, "{name} is an exact gauge");
    }
    for word in ["anyang", "plaza", "mentor", "mentee"] {
        assert!(!samples.iter().any(|sample| sample.contains(word)), "{word} is in: {samples:?}");
    }
}

#[test]
fn check_ready_is_the_answer_of_readyz() {
    let site = Site::made();
    let ops = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ask = || kkanbu().args(["check-ready", "--ops", &ops]).output().unwrap();
    let nobody = ask();
    assert_eq!(nobody.status.code(), Some(1), "{}", said(&nobody));
    assert!(said(&nobody).contains(&ops), "{}", said(&nobody));

    site.configure(&format!("ops_listen = \"{ops}\"\n"));
    let _running = Running(site.serve());
    let began = Instant::now();
    let mut asked = ask();
    while !asked.status.success() {
        assert!(began.elapsed() < PATIENCE, "{}", said(&asked));
        asked = ask();
    }
    assert!(said(&asked).contains("\"ready\":true"), "{}", said(&asked));
}

#[test]
fn log_lines_that_can_not_be_written_end_nothing() {
    let site = Site::made();
    let ops = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    site.configure(&format!("ops_listen = \"{ops}\"\n"));
    let mut command = kkanbu();
    command.arg("serve").arg("--config").arg(site.path("kkanbu.toml"));
    let mut running = Running(command.stderr(fs::File::create("/dev/full").unwrap()).spawn().unwrap());
    let began = Instant::now();
    while !kkanbu().args(["check-ready", "--ops", &ops]).output().unwrap().status.success() {
        assert!(began.elapsed() < PATIENCE && running.0.try_wait().unwrap().is_none(), "it does not get ready");
    }
    assert!(Command::new("kill").arg(running.0.id().to_string()).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn the_example_is_printed_without_a_configuration() {
    let printed = kkanbu().args(["print-config", "--example"]).output().unwrap();
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), at("deploy/kkanbu.example.toml"));
    assert_eq!(kkanbu().arg("print-config").output().unwrap().status.code(), Some(64));
}

/// The messages of `warn!` and `error!` in a crate's telemetry, with their levels.
fn messages(code: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for level in ["warn", "error"] {
        for (at, _) in code.match_indices(&format!("{level}!(")) {
            let call = code[at..].split_once(");").unwrap().0;
            let message = call.rsplit('"').nth(1).unwrap();
            found.insert((level.to_owned(), message.to_owned()));
        }
    }
    found
}

#[test]
fn every_log_line_that_needs_somebody_is_documented() {
    let crates = fs::read_dir("..").unwrap().map(|entry| entry.unwrap().path());
    // The client logs where it is built in, not where the server runs.
    let telemetry = crates.filter(|path| !path.ends_with("client")).map(|path| path.join("src/telemetry.rs"));
    let logged: BTreeSet<_> =
        telemetry.filter_map(|path| fs::read_to_string(path).ok()).flat_map(|code| messages(&code)).collect();
    let documented: BTreeSet<_> =
        rows("| Level | Line |").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert!(logged.len() > 10, "{logged:?}");
    assert_eq!(logged, documented, "left: telemetry.rs of all crates; right: docs/METRICS.md");
}
