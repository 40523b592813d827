//! `kkanbu rehearse`: a whole programme's members over real sockets, all writing at once, and a judge who counts what
//! did not arrive as the contract promises.
//!
//! Every seat of the programme is taken by a member with the real client. They post, answer, react, mention, edit and
//! take back, within the server's rate limit, while a recorder on every socket keeps each raw frame below the client's
//! de-duplication ([`record`]). Afterwards a session without any memory reads the whole history. [`judge`] compares what
//! was acknowledged, what every socket saw, what every caller was told and what the history holds.
//!
//! By default the server is a child of its own on a fresh folder ([`server`]), which it may kill and restart on the way;
//! against a live server it uses a shadow programme that it destroys afterwards ([`admin`]).

mod act;
mod admin;
mod cast;
mod definition;
mod drains;
mod finale;
mod folder;
mod history;
mod judge;
mod member;
mod pace;
mod progress;
mod record;
mod report;
mod said;
mod server;
mod soak;
mod stage;
mod texts;

use report::Report;

use crate::output;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What to rehearse, where and how long.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RehearseOptions {
    /// The programme: anyang-2022, seogwipo-2026, or a programme file. Its dates are left out: all of its rooms are open.
    #[arg(long, value_name = "ID|FILE", default_value = "anyang-2022")]
    pub(crate) programme: PathBuf,

    /// How long everybody writes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,

    /// Kills the rehearsal's own server with SIGKILL so many times, and restarts it on the same folder and port.
    #[arg(long, value_name = "TIMES", default_value_t = 0, conflicts_with = "admin")]
    pub(crate) kill: u32,

    /// Has the server go down in good order so many times (SIGTERM), and restarts it at once. Fails where a member does not come back, or where
    /// they come back in a crowd: more than 1.2 times an even spread in any quarter of it.
    #[arg(long, value_name = "TIMES", default_value_t = 0, conflicts_with = "admin")]
    pub(crate) drain: u32,

    /// Runs the server's clock 43,200 times faster (a month a minute), so that everything expires on the way, and watches its memory and
    /// descriptors. Fails where they grow.
    #[arg(long, conflicts_with_all = ["admin", "kill", "drain"])]
    pub(crate) soak: bool,

    /// Where the rehearsal's own server keeps its data, instead of a temporary folder: it stays, with a configuration with which
    /// `serve`, `backup` and `verify` work on it.
    #[arg(long, value_name = "DIR", conflicts_with = "admin")]
    pub(crate) folder: Option<PathBuf>,

    /// Rehearses on the live server behind this admin socket, in a shadow programme that is destroyed afterwards.
    #[arg(long, value_name = "SOCKET")]
    pub(crate) admin: Option<PathBuf>,

    /// Certificates (PEM) to trust where the live server's address is https.
    #[arg(long, value_name = "FILE", requires = "admin", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    pub(crate) roots: PathBuf,
}

/// Rehearses, prints the report and gives the exit code: success only where nothing is missing, lost, duplicated or out
/// of order.
pub(crate) async fn command(options: RehearseOptions) -> anyhow::Result<ExitCode> {
    let json = options.json;
    let report = run(options).await?;
    if json {
        output::say(serde_json::to_string(&report)?);
    } else {
        output::say(&report);
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Rehearses. Whatever happens, an interrupt included, the server that it started is ended, its folder removed and the
/// shadow programme destroyed.
pub(crate) async fn run(options: RehearseOptions) -> anyhow::Result<Report> {
    let definition = definition::Definition::load(&options.programme)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut stage = stage::Stage::new(&options);
    let rehearsed = tokio::select! {
        report = rehearse(&options, &definition, &mut stage) => report,
        _ = interrupted.recv() => Err(anyhow::anyhow!("interrupted")),
        _ = terminated.recv() => Err(anyhow::anyhow!("terminated")),
    };
    let closed = stage.close().await;
    let report = rehearsed?;
    closed?;
    Ok(report)
}

async fn rehearse(
    options: &RehearseOptions,
    definition: &definition::Definition,
    stage: &mut stage::Stage,
) -> anyhow::Result<Report> {
    let venue = stage.open(definition).await?;
    let progress = Arc::new(progress::Progress::new(options.seconds));
    progress.says("members come in");
    let cast = cast::Cast::gather(definition, venue).await?;
    stage.leave_behind(&cast)?;
    progress.says("members write");
    let writing = Duration::from_secs(options.seconds);
    let watching = stage.watch(options.soak, writing);
    let (written, interruptions, soak) =
        tokio::join!(cast.write(writing, &progress), stage.interrupt(cast.start(), writing), watching);
    let (written, interruptions) = (written?, interruptions?);
    progress.says("deliveries arrive");
    finale::wait_for_deliveries(&cast, &written).await;
    progress.says("the history is read");
    let history = finale::read_history(&cast).await?;
    let evidence = cast.evidence(written, history, options.soak).await;
    progress.finish();
    Ok(Report::of(&evidence, definition, options.seconds, &interruptions, soak))
}
