//! The command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Anonymous mentor rooms: everyone in a room is known to be entitled to be there, and nobody can tell who is who.
#[derive(Debug, Parser)]
#[command(
    name = "kkanbu",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 64 wrong configuration or command line, 69 a port or socket is taken, 74 the data or keys can't be used."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a whole programme on this machine, with nothing to set up, and print join links.
    Demo(Demo),
    /// Make the data and key folders of a configuration. Once, before the first `serve`.
    Init(WithConfig),
    /// Run the server.
    Serve(WithConfig),
    /// Print the join links of all programmes of a configuration.
    Links(Links),
    /// Say everything that is wrong with a configuration.
    CheckConfig(WithConfig),
    /// Print a configuration as it is in force, with all defaults.
    PrintConfig(WithConfig),
    /// Have all members of a programme talk over real WebSockets, and count what was lost.
    Rehearse(crate::rehearse::RehearseOptions),
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The port of the page; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Where data and keys go. A second start goes on with what is there.
    #[arg(long, default_value = "kkanbu-demo")]
    pub(crate) folder: PathBuf,
    /// A programme file in place of Anyang's.
    #[arg(long, value_name = "FILE")]
    pub(crate) programme: Option<PathBuf>,
    /// Print one line of JSON when ready, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Commands on a configuration.
#[derive(Debug, Args)]
pub(crate) struct WithConfig {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// `links`
#[derive(Debug, Args)]
pub(crate) struct Links {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// As JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}
