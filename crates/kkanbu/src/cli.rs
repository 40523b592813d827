//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Anonymous mentor rooms: everyone in a room is known to be entitled to be there, and nobody can tell who is who.
#[derive(Debug, Parser)]
#[command(
    name = "kkanbu",
    version,
    after_help = "Exit codes: 0 done, 1 failed or refused by the server, 64 wrong configuration or command line, 69 a port or socket is taken, or no server answers on the admin socket, 74 the data or keys can't be used."
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
    PrintConfig(PrintConfig),
    /// Ask a running server whether it is ready, for health checks: 0 where it is.
    CheckReady(CheckReady),
    /// Back up the data into one file, while the server runs or not. Keys are never in it.
    Backup(Backup),
    /// Put a backup back, where no data are or in place of those that are there.
    Restore(Restore),
    /// Prove that nothing was changed.
    Verify(Verify),
    /// Have all members of a programme talk over real WebSockets, and count what was lost.
    Rehearse(crate::rehearse::RehearseOptions),
    /// Measure this server on this machine, with what the kernel alone costs beside it.
    Bench(crate::commands::BenchOptions),
    /// Look after a running server: programmes, moderation, the audit log.
    Admin(crate::commands::AdminOptions),
    /// Print what a shell needs to complete this command line.
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page.
    Man(Man),
}

/// Shells that can be told how to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// For `/etc/bash_completion.d/kkanbu`.
    Bash,
    /// For `_kkanbu` in a folder of `$fpath`.
    Zsh,
    /// For `~/.config/fish/completions/kkanbu.fish`.
    Fish,
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write the pages of all commands into this folder instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
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
    /// The programme: anyang-2022, seogwipo-2026, or a programme file.
    #[arg(long, value_name = "ID|FILE", default_value = "anyang-2022")]
    pub(crate) programme: PathBuf,
    /// Keeps the dates of a programme whose days have passed; otherwise they are moved, so that it begins today.
    #[arg(long)]
    pub(crate) real_dates: bool,
    /// Run the clock so many times faster, to see in minutes what takes months.
    #[arg(long, value_name = "TIMES", hide = true)]
    pub(crate) accelerate: Option<u32>,
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

/// `print-config`
#[derive(Debug, Args)]
pub(crate) struct PrintConfig {
    /// The configuration file.
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    pub(crate) config: Option<PathBuf>,
    /// Print an example with every field explained instead.
    #[arg(long, conflicts_with = "config")]
    pub(crate) example: bool,
}

/// `check-ready`
#[derive(Debug, Args)]
pub(crate) struct CheckReady {
    /// The server's `ops_listen`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    pub(crate) ops: SocketAddr,
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

/// `backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// A new file, or a folder in which one is made.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) to: PathBuf,
    /// As JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restore`
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Where there are data already: sets them aside, in a folder beside them, instead of refusing.
    #[arg(long)]
    pub(crate) replace: bool,
    /// As JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(subcommand)]
    pub(crate) what: VerifyWhat,
}

/// What to prove.
#[derive(Debug, Subcommand)]
pub(crate) enum VerifyWhat {
    /// That the log of what administrators and moderators did is whole: no entry changed, taken out or put in.
    Audit(VerifyAudit),
}

/// `verify audit`
#[derive(Debug, Args)]
pub(crate) struct VerifyAudit {
    /// The configuration file: proves the data folder's, while the server runs or not.
    #[arg(long, value_name = "FILE", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) config: Option<PathBuf>,
    /// A store or a backup.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A head that was noted before, as NUMBER:HASH; it must be in the chain.
    #[arg(long, value_name = "HEAD", value_parser = crate::backup::head_from_text)]
    pub(crate) expect: Option<kkanbu_store::AuditHead>,
    /// As JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}
