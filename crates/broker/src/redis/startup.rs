//! What is asked of the servers before anything is written to them: whether they are there, new enough, and keep what they
//! acknowledge.

use crate::redis::link::{Link, LinkError};
use crate::redis::servers::Servers;
use crate::redis::settings::{Durability, Fault, Settings};
use crate::redis::values::{info, text, texts};

/// The oldest version with sharded channels.
const OLDEST: u32 = 7;

/// Looks at all masters. Gives the weaknesses that were accepted, or everything that is wrong.
pub(crate) async fn examine(servers: &Servers, settings: &Settings) -> Result<Vec<String>, Vec<Fault>> {
    if let Err(error) = servers.refresh().await {
        return Err(vec![Fault::Unreachable { server: "the addresses given".to_owned(), reason: error.to_string() }]);
    }
    let (mut faults, mut accepted) = (Vec::new(), Vec::new());
    for share in servers.shares().iter() {
        let server = share.master.address().to_owned();
        match examine_one(&share.master, settings).await {
            Err(error) => faults.push(Fault::Unreachable { server, reason: error.to_string() }),
            Ok(Examined { version, .. }) if major(&version) < OLDEST => faults.push(Fault::Old { server, version }),
            Ok(Examined { weaknesses, .. }) if settings.durability == Durability::Weaker => {
                accepted.extend(weaknesses.into_iter().map(|weakness| format!("redis at {server}: {weakness}")));
            }
            Ok(Examined { weaknesses, .. }) => {
                faults.extend(weaknesses.into_iter().map(|weakness| Fault::Weak { server: server.clone(), weakness }));
            }
        }
    }
    if settings.durability == Durability::Assured {
        accepted.push("redis was not made to prove its durability: the operator answers for it".to_owned());
    }
    if faults.is_empty() { Ok(accepted) } else { Err(faults) }
}

struct Examined {
    version: String,
    weaknesses: Vec<String>,
}

async fn examine_one(server: &Link, settings: &Settings) -> Result<Examined, LinkError> {
    let said = text(server.ask(redis::cmd("INFO")).await?).unwrap_or_default();
    let version = info(&said, "redis_version").unwrap_or("0").to_owned();
    let mut weaknesses = Vec::new();
    for (name, wanted) in [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")] {
        match config(server, name).await? {
            Some(value) if value == wanted => {}
            Some(value) => weaknesses.push(format!("{name} is {value} and not {wanted}")),
            None if settings.durability == Durability::Assured => {}
            None => weaknesses.push(format!("{name} is not told; it has to be {wanted}")),
        }
    }
    let replicas: usize = info(&said, "connected_slaves").and_then(|count| count.parse().ok()).unwrap_or(0);
    if replicas < settings.replicas {
        weaknesses.push(format!("{replicas} replicas are connected and not {}", settings.replicas));
    }
    Ok(Examined { version, weaknesses })
}

/// A setting, where the server lets itself be asked.
async fn config(server: &Link, name: &str) -> Result<Option<String>, LinkError> {
    let mut ask = redis::cmd("CONFIG");
    ask.arg("GET").arg(name);
    match server.ask(ask).await {
        Ok(value) => Ok(texts(value).into_iter().nth(1)),
        Err(LinkError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}
