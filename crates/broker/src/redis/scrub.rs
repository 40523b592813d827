//! Getting what was taken out of logs out of the servers' files: each writes its files anew.
//!
//! Whoever takes something out first leaves a token in Redis, and takes it away once the files were written. So whatever
//! happens in between, the next one who scrubs knows that there is something to do.

use crate::redis::link::{Link, LinkError};
use crate::redis::names::UNSCRUBBED;
use crate::redis::servers::Share;
use crate::redis::shared::Shared;
use crate::redis::values::{elements, info, number, text, texts};
use crate::{BrokerError, telemetry};
use futures_util::future::try_join_all;
use parking_lot::Mutex as Lock;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// How often a server is asked whether it has finished.
const PAUSE: Duration = Duration::from_millis(10);

/// Tokens of this node whose traces are still in the files.
#[derive(Default)]
pub(crate) struct Scrubbing {
    tokens: Lock<BTreeSet<String>>,
    alone: Mutex<()>,
}

impl Shared {
    /// Something is about to be taken out.
    pub(crate) async fn will_scrub(&self) -> Result<(), BrokerError> {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut add = redis::cmd("SADD");
        add.arg(UNSCRUBBED).arg(&token);
        self.servers.ask(UNSCRUBBED, &add).await?;
        self.scrubbing.tokens.lock().insert(token);
        Ok(())
    }

    /// Takes over what others left unfinished.
    pub(crate) async fn adopt_unscrubbed(&self) -> Result<(), BrokerError> {
        let mut ask = redis::cmd("SMEMBERS");
        ask.arg(UNSCRUBBED);
        let left = texts(self.servers.ask(UNSCRUBBED, &ask).await?);
        self.scrubbing.tokens.lock().extend(left);
        Ok(())
    }

    /// Has all files written anew, where something was taken out. Those who come while that is being done share the next.
    pub(crate) async fn scrub(&self) -> Result<(), BrokerError> {
        if self.scrubbing.tokens.lock().is_empty() {
            return Ok(());
        }
        let _alone = self.scrubbing.alone.lock().await;
        let tokens: Vec<_> = self.scrubbing.tokens.lock().iter().cloned().collect();
        if tokens.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let scrubbed = self.scrub_for(&tokens).await;
        match &scrubbed {
            Ok(()) => telemetry::scrubbed(began.elapsed()),
            Err(error) => telemetry::scrub_failed(&error.to_string()),
        }
        scrubbed
    }

    async fn scrub_for(&self, tokens: &[String]) -> Result<(), BrokerError> {
        let all = self.all_servers().await?;
        let within = timeout(self.settings.timings.scrub, try_join_all(all.iter().map(|server| rewrite(server))));
        within.await.map_err(|_| LinkError::Away("writing the files anew took too long".to_owned()))??;
        let mut remove = redis::cmd("SREM");
        remove.arg(UNSCRUBBED).arg(tokens);
        self.servers.ask(UNSCRUBBED, &remove).await?;
        self.scrubbing.tokens.lock().retain(|token| !tokens.contains(token));
        Ok(())
    }

    /// All masters and their replicas.
    async fn all_servers(&self) -> Result<Vec<Arc<Link>>, BrokerError> {
        self.servers.refresh().await?;
        let mut all = Vec::new();
        for share in self.servers.shares().iter() {
            let role = elements(share.master.ask(redis::cmd("ROLE")).await?);
            let replicas = role.into_iter().nth(2).map(elements).unwrap_or_default();
            self.replicas_follow(share, replicas.len()).await?;
            for replica in replicas {
                let mut place = elements(replica).into_iter().filter_map(text);
                if let (Some(host), Some(port)) = (place.next(), place.next()) {
                    all.push(self.servers.link(&format!("{host}:{port}"))?);
                }
            }
            all.push(Arc::clone(&share.master));
        }
        Ok(all)
    }
}

impl Shared {
    /// Waits until all replicas of a master have done what was done there.
    async fn replicas_follow(&self, share: &Share, replicas: usize) -> Result<(), LinkError> {
        if replicas == 0 {
            return Ok(());
        }
        let mut pipeline = redis::Pipeline::with_capacity(2);
        // WAIT is about what was written on this very connection.
        pipeline.cmd("SET").arg(share.probe_key()).arg(rand::random::<u64>());
        let time = u64::try_from(self.settings.timings.answer.as_millis() / 2).unwrap_or(u64::MAX);
        pipeline.cmd("WAIT").arg(replicas).arg(time);
        let had = share.master.pipeline(&pipeline).await?.pop().and_then(Result::ok).and_then(number).unwrap_or(0);
        if had < replicas as u64 {
            return Err(LinkError::Refused(format!("{had} of {replicas} replicas follow; try again")));
        }
        Ok(())
    }
}

/// Has one server write its files anew, from what it holds now.
async fn rewrite(server: &Link) -> Result<(), LinkError> {
    let mut said = persistence(server).await?;
    if is_on(&said, "aof_enabled") {
        append_only_file(server).await?;
        said = persistence(server).await?;
    }
    let mut ask = redis::cmd("CONFIG");
    ask.arg("GET").arg("save");
    // Where it may not be asked, what it tells otherwise has to do.
    let saves = server.ask(ask).await.map(texts).unwrap_or_default().into_iter().nth(1).unwrap_or_default();
    if !saves.is_empty() || info(&said, "rdb_saves").is_some_and(|saves| saves != "0") {
        snapshot(server).await?;
    }
    Ok(())
}

async fn append_only_file(server: &Link) -> Result<(), LinkError> {
    let mut rewrite = redis::cmd("BGREWRITEAOF");
    loop {
        refuse_snapshots_of_others(&persistence(server).await?)?;
        match server.ask(rewrite.clone()).await {
            Ok(begun) if text(begun.clone()).is_some_and(|said| said.contains("scheduled")) => {
                refuse_snapshots_of_others(&persistence(server).await?)?;
                break;
            }
            Ok(_) => break,
            // One that began before holds what was taken out.
            Err(LinkError::Refused(reason)) if reason.contains("progress") => sleep(PAUSE).await,
            Err(error) => return Err(error),
        }
        rewrite = redis::cmd("BGREWRITEAOF");
    }
    loop {
        let said = persistence(server).await?;
        if !is_on(&said, "aof_rewrite_in_progress") && !is_on(&said, "aof_rewrite_scheduled") {
            return ended_well(&said, "aof_last_bgrewrite_status");
        }
        sleep(PAUSE).await;
    }
}

async fn snapshot(server: &Link) -> Result<(), LinkError> {
    server.ask(redis::cmd("BGSAVE")).await?;
    loop {
        let said = persistence(server).await?;
        if !is_on(&said, "rdb_bgsave_in_progress") {
            return ended_well(&said, "rdb_last_bgsave_status");
        }
        sleep(PAUSE).await;
    }
}

async fn persistence(server: &Link) -> Result<String, LinkError> {
    let mut ask = redis::cmd("INFO");
    ask.arg("persistence");
    Ok(text(server.ask(ask).await?).unwrap_or_default())
}

fn is_on(said: &str, field: &str) -> bool {
    info(said, field) == Some("1")
}

fn ended_well(said: &str, field: &str) -> Result<(), LinkError> {
    match info(said, field) {
        Some("ok") => Ok(()),
        ended => Err(LinkError::Refused(format!("{field} is {}", ended.unwrap_or("not told")))),
    }
}

/// A snapshot that somebody makes holds what was taken out, and keeps the files from being written.
fn refuse_snapshots_of_others(said: &str) -> Result<(), LinkError> {
    if is_on(said, "rdb_bgsave_in_progress") {
        return Err(LinkError::Refused("somebody makes a snapshot of redis; try again".to_owned()));
    }
    Ok(())
}
