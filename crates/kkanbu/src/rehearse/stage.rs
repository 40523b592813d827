//! Where a rehearsal takes place: a server of its own, or a shadow programme on a live one.

use super::RehearseOptions;
use super::admin::Shadow;
use super::definition::Definition;
use super::server::Server;
use anyhow::{Context, bail};
use kkanbu_client::{JoinLink, TlsConfig, tls_trusting};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What members need to come in.
#[derive(Debug)]
pub(super) struct Venue {
    /// The join link of each role.
    pub(super) links: BTreeMap<String, JoinLink>,
    /// Whom to trust where the links are https.
    pub(super) tls: Option<Arc<TlsConfig>>,
}

/// Where it takes place. [`Stage::close`] ends whatever it began.
pub(super) struct Stage {
    admin: Option<PathBuf>,
    roots: PathBuf,
    kills: u32,
    server: Option<Server>,
    shadow: Option<Shadow>,
}

impl Stage {
    pub(super) fn new(options: &RehearseOptions) -> Self {
        Self {
            admin: options.admin.clone(),
            roots: options.roots.clone(),
            kills: options.kill,
            server: None,
            shadow: None,
        }
    }

    /// Starts a server, or makes a shadow programme.
    pub(super) async fn open(&mut self, definition: &Definition) -> anyhow::Result<Venue> {
        let links = match &self.admin {
            None => {
                let server = self.server.insert(Server::new(definition.file.clone())?);
                server.start().await?
            }
            Some(socket) => {
                let shadow = self.shadow.insert(Shadow::new(socket));
                shadow.create(definition).await?
            }
        };
        let links = parse_links(links, definition)?;
        let secure = links.values().any(|link| link.origin.is_tls());
        let tls = if secure { Some(read_roots(&self.roots)?) } else { None };
        Ok(Venue { links, tls })
    }

    /// Kills and restarts the rehearsal's own server, spread over the middle of this time. Gives how often.
    pub(super) async fn kill_on_the_way(&mut self, writing: Duration) -> anyhow::Result<u32> {
        let Some(server) = &mut self.server else { return Ok(0) };
        let began = Instant::now();
        for number in 1..=self.kills {
            sleep_until(began + writing * number / (self.kills + 1)).await;
            server.kill().await?;
            server.start().await.context("the server did not come back")?;
        }
        Ok(self.kills)
    }

    /// Ends the server, removes its folder, destroys the shadow programme.
    pub(super) async fn close(&mut self) -> anyhow::Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill().await?;
        }
        if let Some(shadow) = self.shadow.take() {
            shadow.destroy().await?;
        }
        Ok(())
    }
}

fn parse_links(links: BTreeMap<String, String>, definition: &Definition) -> anyhow::Result<BTreeMap<String, JoinLink>> {
    let links = links
        .into_iter()
        .map(|(role, link)| Ok((role, link.parse().context("the server's join link is none")?)))
        .collect::<anyhow::Result<BTreeMap<String, JoinLink>>>()?;
    if let Some(role) = definition.programme.roles.iter().find(|role| !links.contains_key(role.id.as_str())) {
        bail!("the server gave no join link for role {}", role.id);
    }
    Ok(links)
}

fn read_roots(file: &Path) -> anyhow::Result<Arc<TlsConfig>> {
    let name = || format!("no certificates in {}; name others with --roots", file.display());
    let roots = CertificateDer::pem_file_iter(file).with_context(name)?;
    let roots = roots.collect::<Result<Vec<_>, _>>().with_context(name)?;
    Ok(tls_trusting(roots)?)
}
