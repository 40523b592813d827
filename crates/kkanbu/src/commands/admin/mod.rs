//! `admin`: programmes, moderation, the audit log and the server itself, over the admin socket.

mod args;
mod hints;
mod show;
mod text;

pub(crate) use args::AdminOptions;
pub(super) use hints::for_moderators;

use crate::cli::Cli;
use crate::config::Config;
use crate::output;
use anyhow::{Context, Result, anyhow};
use args::{Group, ProgrammeVerb};
use clap::CommandFactory;
use clap::error::ErrorKind;
use kkanbu_client::admin::{AdminClient, AdminClientError, AdminCommand};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `EX_UNAVAILABLE` of sysexits.h: nobody answers on the socket.
const UNAVAILABLE: u8 = 69;

/// Asks for what was typed and says what became of it.
pub(super) async fn run(options: AdminOptions) -> Result<ExitCode> {
    let socket = match (&options.socket, &options.config) {
        (Some(socket), None) => socket.clone(),
        (None, Some(config)) => match socket_of(config)? {
            Some(socket) => socket,
            None => return Ok(usage("this configuration has no admin_socket")),
        },
        (Some(_), Some(_)) => return Ok(usage("--socket and --config name the same thing; give one of them")),
        (None, None) => return Ok(usage("where is the server? Give --socket PATH or --config FILE")),
    };
    let definition = match &options.group {
        Group::Programme(ProgrammeVerb::Create { file }) => read(file)?,
        Group::Programme(ProgrammeVerb::End { yes: false, .. }) => {
            return Ok(usage("ending a programme destroys everything that was said in it; add --yes if you mean that"));
        }
        Group::Programme(_) | Group::Room(_) | Group::Post(_) | Group::Member(_) | Group::Audit(_) | Group::Node(_) => {
            String::new()
        }
    };
    let command = options.group.command(definition);
    match ask(&socket, &command).await {
        Ok(json) if options.json => output::say(json),
        Ok(json) => show::result(&command, &json)
            .context("the server's answer can't be read; --json prints it as it is")?
            .iter()
            .for_each(output::say),
        Err(error) => return Ok(failed(&error, &command)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(socket: &Path, command: &AdminCommand) -> Result<String, AdminClientError> {
    let mut client = AdminClient::connect(socket).await?;
    Ok(client.ask_raw(command).await?.get().to_owned())
}

fn socket_of(config: &Path) -> Result<Option<PathBuf>> {
    Ok(Config::read(config)?.admin_socket)
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).context("standard input can't be read")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| file.display().to_string())
}

fn usage(what: &str) -> ExitCode {
    output::usage(&Cli::command().error(ErrorKind::MissingRequiredArgument, what))
}

fn failed(error: &AdminClientError, command: &AdminCommand) -> ExitCode {
    let key = key_of(command).filter(|_| error.may_be_done());
    let said =
        key.map_or_else(|| anyhow!("{error}"), |key| anyhow!("{error}; to make sure, repeat it with --key={key}"));
    let code = output::fail(&said);
    match error {
        AdminClientError::Refused(_) | AdminClientError::TooLong { .. } | AdminClientError::Unreadable(_) => code,
        AdminClientError::NoSocket(_)
        | AdminClientError::NotRunning(_)
        | AdminClientError::Denied(_)
        | AdminClientError::Unopened { .. }
        | AdminClientError::Deadline(_)
        | AdminClientError::Closed
        | AdminClientError::Broken(_) => ExitCode::from(UNAVAILABLE),
    }
}

/// The key under which an act can be asked for again.
fn key_of(command: &AdminCommand) -> Option<&str> {
    use AdminCommand as Is;
    match command {
        Is::FreezeRoom(act) | Is::ThawRoom(act) => act.key.as_deref(),
        Is::SlowRoom(act) => act.key.as_deref(),
        Is::NoticeRoom(act) => act.key.as_deref(),
        Is::HidePost(act) | Is::RestorePost(act) => act.key.as_deref(),
        Is::MuteMember(act) => act.key.as_deref(),
        Is::UnmuteMember(act) | Is::RemoveMember(act) | Is::RestoreMember(act) => act.key.as_deref(),
        Is::CreateProgramme(_)
        | Is::ListProgrammes(_)
        | Is::ProgrammeLinks(_)
        | Is::EndProgramme(_)
        | Is::ListRooms(_)
        | Is::RoomPosts(_)
        | Is::ListAudit(_)
        | Is::NodeStatus(_)
        | Is::DrainNode(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::args::AdminOptions;
    use clap::Parser;
    use kkanbu_client::admin::AdminCommand;
    use kkanbu_wire::admin::{decode_command, encode_command};
    use serde_json::{Value, json};

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        options: AdminOptions,
    }

    /// A key that begins with `-`, as one in thirty-two does.
    const KEY: &str = "-AAAAAAAAAAAAAAAAAAAAA";

    fn command(words: &[&str]) -> Result<AdminCommand, clap::Error> {
        let words = ["admin", "--socket", "s"].iter().chain(words);
        Ok(Typed::try_parse_from(words)?.options.group.command("the file".to_owned()))
    }

    /// The method and parameters of what was typed; it must be what the server takes.
    fn asked(words: &[&str]) -> (String, Value) {
        let line = encode_command(1, &command(words).unwrap_or_else(|error| panic!("{words:?}: {error}")));
        assert!(decode_command(&line).is_ok(), "{words:?}");
        let mut call: Value = serde_json::from_slice(&line).unwrap();
        if !words.iter().any(|word| word.starts_with("--key")) && call["params"]["key"].is_string() {
            // A new one each time.
            call["params"].as_object_mut().unwrap().remove("key");
        }
        (call["method"].as_str().unwrap().to_owned(), call["params"].take())
    }

    #[test]
    fn every_method_can_be_typed() {
        let (of, key) = (json!({"programme": "p", "room": "r"}), format!("--key={KEY}"));
        let with = |more: Value| {
            let mut params = of.clone();
            params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            params
        };
        let (thaw, restore) =
            (["room", "thaw", "p", "r", key.as_str()], ["post", "restore", "p", "r", "13", key.as_str()]);
        let cases: Vec<(&str, &[&str], Value)> = vec![
            ("programme.create", &["programme", "create", "f.toml"], json!({"definition": "the file"})),
            ("programme.list", &["programme", "list"], json!({})),
            ("programme.links", &["programme", "links", "p"], json!({"programme": "p"})),
            ("programme.end", &["programme", "end", "p", "--yes"], json!({"programme": "p"})),
            ("room.list", &["room", "list", "p"], json!({"programme": "p"})),
            ("room.posts", &["room", "posts", "p", "r"], with(json!({"limit": 20}))),
            (
                "room.posts",
                &["room", "posts", "p", "r", "--before", "9", "--limit=50", "--only", "open-questions"],
                with(json!({"before": 9, "limit": 50, "only": "open_questions"})),
            ),
            ("room.freeze", &["room", "freeze", "p", "r"], with(json!({}))),
            ("room.thaw", &thaw, with(json!({"key": KEY}))),
            ("room.slow", &["room", "slow", "p", "r", "30"], with(json!({"seconds": 30}))),
            ("room.notice", &["room", "notice", "p", "r", "점심 7시"], with(json!({"text": "점심 7시"}))),
            ("room.notice", &["room", "notice", "p", "r", "--down"], with(json!({}))),
            ("post.hide", &["post", "hide", "p", "r", "13"], with(json!({"offset": 13}))),
            ("post.restore", &restore, with(json!({"offset": 13, "key": KEY}))),
            (
                "member.mute",
                &["member", "mute", "p", "r", "느긋한 수달", "60"],
                with(json!({"handle": "느긋한 수달", "minutes": 60})),
            ),
            ("member.unmute", &["member", "unmute", "p", "r", "h"], with(json!({"handle": "h"}))),
            ("member.remove", &["member", "remove", "p", "r", "h"], with(json!({"handle": "h"}))),
            ("member.restore", &["member", "restore", "p", "r", "h"], with(json!({"handle": "h"}))),
            ("audit.list", &["audit", "list"], json!({"limit": 100})),
            ("audit.list", &["audit", "list", "--after", "0", "--limit", "1"], json!({"after": 0, "limit": 1})),
            ("node.status", &["node", "status"], json!({})),
            ("node.drain", &["node", "drain"], json!({})),
        ];
        for (method, words, params) in &cases {
            assert_eq!(asked(words), ((*method).to_owned(), params.clone()), "{words:?}");
        }
        for method in AdminCommand::METHODS {
            assert!(cases.iter().any(|(typed, ..)| typed == method), "{method} can't be typed");
        }
    }

    #[test]
    fn each_act_has_a_key_of_its_own() {
        let key = || {
            let command = command(&["room", "freeze", "p", "r"]).unwrap();
            super::key_of(&command).unwrap().to_owned()
        };
        assert_ne!(key(), key());
        assert_eq!(key().len(), 22);
    }

    #[test]
    fn what_the_server_would_refuse_is_refused_before_it_is_sent() {
        let wrong: [&[&str]; 20] = [
            &[],
            &["room"],
            &["room", "paint", "p", "r"],
            &["room", "freeze", "p"],
            &["room", "freeze", "P", "r"],
            &["room", "freeze", "p", "r oom"],
            &["room", "freeze", "p", "r", "more"],
            &["room", "freeze", "p", "r", "--key", "short"],
            &["room", "slow", "p", "r", "3601"],
            &["room", "slow", "p", "r"],
            &["room", "notice", "p", "r"],
            &["room", "notice", "p", "r", "text", "--down"],
            &["room", "posts", "p", "r", "--limit", "51"],
            &["room", "posts", "p", "r", "--before", "0"],
            &["room", "posts", "p", "r", "--only", "some"],
            &["post", "hide", "p", "r", "0"],
            &["member", "mute", "p", "r", "h", "0"],
            &["member", "mute", "p", "r", "h", "43201"],
            &["member", "unmute", "p", "r", " "],
            &["audit", "list", "--limit", "101"],
        ];
        for words in wrong {
            assert!(command(words).is_err(), "{words:?}");
        }
    }
}
