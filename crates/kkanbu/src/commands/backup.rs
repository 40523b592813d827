//! `backup`, `restore` and `verify`: what operators do with the data while nobody talks, or everybody.

use super::serve::folders;
use crate::backup::{self, Of};
use crate::cli::{Backup, Restore, VerifyWhat};
use crate::config::Config;
use crate::output;
use anyhow::{Result, bail};
use kkanbu_store::AuditHead;
use kkanbu_store::sqlite::AuditVerified;
use serde::Serialize;
use std::process::ExitCode;

/// Takes a backup.
pub(super) fn backup(options: &Backup) -> Result<ExitCode> {
    let taken = backup::take(&folders(&Config::read(&options.config)?), &options.to)?;
    if options.json {
        output::say(serde_json::to_string(&taken)?);
    } else {
        output::say(format_args!("{} ({} bytes, {})", taken.file.display(), taken.bytes, taken.made));
        output::say("the keys are not in it; keep a copy of the key folder in another place");
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup back.
pub(super) async fn restore(options: &Restore) -> Result<ExitCode> {
    let folders = folders(&Config::read(&options.config)?);
    let restored = backup::restore(&folders, &options.from, options.replace).await?;
    if options.json {
        output::say(serde_json::to_string(&restored)?);
        return Ok(ExitCode::SUCCESS);
    }
    output::say(format_args!("{} is as it was at {}", restored.data.display(), restored.made));
    output::say(format_args!(
        "{} rooms began a new epoch: members are told that they may have missed something",
        restored.rooms
    ));
    for programme in &restored.ended {
        output::say(format_args!(
            "programme {programme} has ended since, and its key was destroyed: it stays unreadable, and the next start deletes it"
        ));
    }
    if let Some(aside) = &restored.set_aside {
        output::say(format_args!("what was there before is in {}; delete it once all is well", aside.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What programs are told of a proof.
#[derive(Serialize)]
struct Proof {
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// Proves the audit log.
pub(super) fn verify(what: &VerifyWhat) -> Result<ExitCode> {
    let VerifyWhat::Audit(options) = what;
    let config = options.config.as_deref().map(Config::read).transpose()?;
    let of = match (&config, &options.file) {
        (Some(config), _) => Of::Data(&config.data_folder),
        (None, Some(file)) => Of::File(file),
        (None, None) => bail!("name --config or --file"),
    };
    let proof = match backup::verify_audit(&of, options.expect.unwrap_or(AuditHead::EMPTY))? {
        Ok(AuditVerified { entries, head }) => {
            Proof { whole: true, entries: Some(entries), head: Some(backup::head_as_text(&head)), fault: None }
        }
        Err(fault) if options.json => Proof { whole: false, entries: None, head: None, fault: Some(fault.to_string()) },
        Err(fault) => return Err(fault.into()),
    };
    if options.json {
        output::say(serde_json::to_string(&proof)?);
    } else {
        let (entries, head) = (proof.entries.unwrap_or_default(), proof.head.unwrap_or_default());
        output::say(format_args!("the audit log is whole: {entries} entries\nhead {head}"));
        output::say("note the head outside of this machine: `--expect` proves later that it is still in the chain");
    }
    Ok(if proof.whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
