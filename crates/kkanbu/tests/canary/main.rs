//! Canaries: whatever people are, say and do is planted, and looked for in everything that the server leaves behind (promise P1).
//!
//! | File | What lives there |
//! |---|---|
//! | `birds` | what is planted, and the handles, keys and nonces that turn up on the way |
//! | `forms` | every form in which it could lie somewhere |
//! | `scanner` | looks for all of them, also in what is compressed and in databases' cells |
//! | `proof` | the scanner finds every form that is planted, before it is believed |
//! | `allowed` | what may be where, and why |
//! | `site` | the server as a process, and its artefacts |
//! | `doors`, `raw`, `story` | who comes how, and what they do |
//! | `crash` | a server that crashes leaves no memory on the disk |

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test says how much it has looked at")]

mod allowed;
mod birds;
mod crash;
mod doors;
mod forms;
mod proof;
mod raw;
mod scanner;
mod site;
mod story;

use allowed::ALLOWED;
use birds::{Canary, Kind};
use scanner::{Artefact, Scanner, told};
use site::Site;
use std::collections::BTreeSet;
use story::{Cast, ENDING};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_people_are_or_say_is_left_behind() {
    let mut site = Site::made();
    let mut artefacts = Vec::new();
    site.serves("");
    let cast = Cast::gather(&site).await;
    let talk = cast.talk().await;
    story::err(&site, &cast).await;
    artefacts.extend(site.artefacts("running"));
    story::moderate(&site, &talk);
    let audit = cast.end_a_programme(&site).await;
    artefacts.push(site.backup("moderated"));
    artefacts.extend(site.artefacts("moderated"));
    site.ends_by("-KILL");
    artefacts.extend(site.artefacts("killed"));

    // A file that may not grow is an error to be told of then, and no signal.
    site.serves("trap '' XFSZ;");
    cast.meet_a_full_disk(&site).await;
    artefacts.extend(site.artefacts("full"));
    site.ends_by("-TERM");
    let said = String::from_utf8(site.said()).unwrap();
    assert!(said.contains(r#""level":"ERROR""#), "a full disk is not worth a line:\n{said}");

    site.serves("");
    cast.ann.whole_history("plaza").await.unwrap();
    let nest = cast.go().await;
    site.ends_by("-TERM");
    artefacts.extend(site.artefacts("ended"));
    artefacts.extend([site.backup("ended"), site.links()]);

    assert_ended_programme_is_gone(&audit, &artefacts, &nest.all());
    let mut canaries = birds::planted();
    canaries.extend(nest.all());
    canaries.insert(Canary::words(Kind::Programme, "the programme's name", "안양깐부 Talk"));
    judge(canaries, &artefacts);
}

/// What administrators did outlives a programme; whom it concerned and what it said do not.
fn assert_ended_programme_is_gone(audit: &serde_json::Value, artefacts: &[Artefact], canaries: &BTreeSet<Canary>) {
    let entries = audit["entries"].as_array().unwrap();
    let ended: Vec<_> = entries.iter().filter(|entry| entry["programme"] == ENDING).collect();
    assert!(ended.iter().any(|entry| entry["act"] == "member.remove"), "{audit}");
    for entry in ended {
        assert!(entry["handle"].is_null() && entry["text"].is_null() && entry["room"].is_null(), "{entry}");
    }
    let key = format!("{ENDING}.content-key");
    let destroyed: BTreeSet<_> = canaries.iter().filter(|canary| canary.what == key).cloned().collect();
    assert_eq!(destroyed.len(), 1);
    let scanner = Scanner::new(destroyed);
    assert_eq!(told(&scanner.leaks(artefacts)), "");
}

/// Lets the scanner prove itself, and then judges what it finds.
fn judge(canaries: BTreeSet<Canary>, artefacts: &[Artefact]) {
    let kinds: BTreeSet<Kind> = canaries.iter().map(|canary| canary.kind).collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    let scanner = Scanner::new(canaries);
    let named = |end: &str| artefacts.iter().find(|artefact| artefact.name.ends_with(end)).unwrap();
    for end in ["data/store.sqlite-wal", "data/log.sqlite-wal", "data/store.sqlite-shm", "data/data-stamp", "data/lock"]
    {
        assert!(named(end).name.ends_with(end));
    }
    proof::every_form_is_found(&scanner, named("killed/data/store.sqlite"));
    let mut hits = scanner.leaks(artefacts);
    for allowed in ALLOWED {
        assert!(
            hits.iter().any(|hit| allowed.covers(hit)),
            "nothing is there any more of what may be: {}",
            allowed.why
        );
    }
    hits.retain(|hit| !ALLOWED.iter().any(|allowed| allowed.covers(hit)));
    let bytes: usize = artefacts.iter().map(|artefact| artefact.bytes.len()).sum();
    let (canaries, patterns) = (scanner.canaries().len(), scanner.patterns());
    println!("{canaries} canaries in {patterns} forms, {} artefacts of {bytes} bytes", artefacts.len());
    assert!(hits.is_empty(), "left behind:{}", told(&hits));
}
