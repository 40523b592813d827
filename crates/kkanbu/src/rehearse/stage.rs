//! Where a rehearsal takes place: a server of its own, or a shadow programme on a live one.

use super::RehearseOptions;
use super::admin::Shadow;
use super::cast::Cast;
use super::definition::Definition;
use super::server::Server;
use super::soak::{self, Soak};
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

/// What was done to the server on the way.
#[derive(Debug, Default)]
pub(super) struct Interruptions {
    /// How often it was restarted.
    pub(super) restarts: u32,
    /// When it was told to go down in good order, since the start.
    pub(super) drained: Vec<Duration>,
}

/// Where it takes place. [`Stage::close`] ends whatever it began.
pub(super) struct Stage {
    admin: Option<PathBuf>,
    roots: PathBuf,
    kills: u32,
    drains: u32,
    soak: bool,
    folder: Option<PathBuf>,
    server: Option<Server>,
    shadow: Option<Shadow>,
}

impl Stage {
    pub(super) fn new(options: &RehearseOptions) -> Self {
        Self {
            admin: options.admin.clone(),
            roots: options.roots.clone(),
            kills: options.kill,
            drains: options.drain,
            soak: options.soak,
            folder: options.folder.clone(),
            server: None,
            shadow: None,
        }
    }

    /// Starts a server, or makes a shadow programme.
    pub(super) async fn open(&mut self, definition: &Definition) -> anyhow::Result<Venue> {
        let links = match &self.admin {
            None => {
                let text = definition.text_as(definition.id())?;
                let server = self.server.insert(Server::new(&text, self.folder.as_deref(), self.soak)?);
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

    /// Leaves what is needed to go on with the server's folder, where that stays.
    pub(super) fn leave_behind(&self, cast: &Cast) -> anyhow::Result<()> {
        let members: String = cast.members().iter().map(|member| member.as_line()).collect();
        self.server.as_ref().map_or(Ok(()), |server| server.leave_behind(&members))
    }

    /// Kills or drains the rehearsal's own server and restarts it, spread over the middle of this time.
    pub(super) async fn interrupt(&mut self, start: Instant, writing: Duration) -> anyhow::Result<Interruptions> {
        let mut done = Interruptions::default();
        let Some(server) = &mut self.server else { return Ok(done) };
        let began = Instant::now();
        let times = self.kills + self.drains;
        for number in 1..=times {
            sleep_until(began + writing * number / (times + 1)).await;
            if number <= self.kills {
                server.kill().await?;
            } else {
                done.drained.push(start.elapsed());
                server.terminate().await?;
            }
            server.start().await.context("the server did not come back")?;
        }
        done.restarts = times;
        Ok(done)
    }

    /// Watches the rehearsal's own server for this time, where a soak was asked for.
    pub(super) fn watch(&self, soak: bool, writing: Duration) -> impl Future<Output = Option<Soak>> + use<> {
        let process = self.server.as_ref().and_then(Server::process).filter(|_| soak);
        async move {
            match process {
                Some(process) => Some(soak::watch(process, writing).await),
                None => None,
            }
        }
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
