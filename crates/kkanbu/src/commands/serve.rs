//! `init`, `serve` and `links`: the server as a configuration says.

use super::drained;
use crate::clock::clock;
use crate::config::Config;
use crate::storage::{Folders, StorageError};
use crate::{logging, node, output, telemetry};
use anyhow::Result;
use kkanbu_gateway::{Listening, Settings};
use kkanbu_model::Limits;
use std::process::ExitCode;

pub(super) fn folders(config: &Config) -> Folders {
    Folders { data: config.data_folder.clone(), keys: config.key_folder.clone() }
}

/// Makes the data and key folders.
pub(super) async fn init(config: &Config) -> Result<ExitCode> {
    let folders = folders(config);
    if folders.are_made() {
        output::say("the folders are there already; nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    folders.make().await?;
    output::say(format_args!("data: {}\nkeys: {}", folders.data.display(), folders.keys.display()));
    output::say("keep a copy of the keys apart from copies of the data");
    Ok(ExitCode::SUCCESS)
}

/// Runs the server.
pub(super) async fn serve(config: Config) -> Result<ExitCode> {
    logging::start(config.log_format, "info");
    let limits = config.limits;
    config.notes.iter().for_each(|note| telemetry::programme_note(note));
    let storage = folders(&config).open(&limits, clock(None)).await?;
    for programme in config.programmes {
        // It ended through the admin socket, and its file is still listed. The others must not wait for that.
        if storage.programmes.has_ended(&programme.id) {
            telemetry::listed_programme_has_ended(&programme.id);
            continue;
        }
        storage.programmes.create(programme).await.map_err(StorageError::Programmes)?;
    }
    let listening = Listening::bind(config.listen, config.ops_listen, config.admin_socket.as_deref())?;
    let settings = Settings {
        public_origin: config.public_origin,
        origins: config.origins,
        tls: config.tls,
        limits,
        padding: config.padding,
        drain: config.drain,
    };
    telemetry::serving(config.listen);
    Ok(drained(node::run(settings, storage, config.guard, listening).await?))
}

/// Prints join links.
pub(super) async fn links(config: &Config, json: bool) -> Result<ExitCode> {
    let storage = folders(config).open(&Limits::default(), clock(None)).await?;
    for programme in storage.programmes.all() {
        let links = storage.programmes.join_links(&programme, &config.public_origin)?;
        if json {
            output::say(serde_json::json!({ "programme": programme.id.as_str(), "links": links }));
        } else {
            output::say(programme.id.as_str());
            for (role, link) in &links {
                output::say(format_args!("  {role}: {link}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
