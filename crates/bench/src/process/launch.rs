//! The first thing that a child does: it takes its cores, sees to it that it does not outlive whoever started it, and becomes what it is to be.
//!
//! A step of its own, because what has to be set is inherited through `exec`, and setting it between `fork` and `exec` would need unsafe code.

use anyhow::bail;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// What a child is to become.
#[derive(Debug, clap::Args)]
pub struct Launch {
    /// The cores that it may run on; all where none is named.
    #[arg(long, value_delimiter = ',')]
    cores: Vec<usize>,
    /// The process that starts it.
    #[arg(long)]
    parent: i32,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program. Returns only where that failed.
pub fn launch(options: &Launch) -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before that.
    if getppid().map(Pid::as_raw_pid) != Some(options.parent) {
        bail!("whoever started this process has ended");
    }
    if !options.cores.is_empty() {
        let mut set = CpuSet::new();
        options.cores.iter().for_each(|core| set.set(*core));
        // Where that is not possible the report says that nothing was pinned.
        let _ = sched_setaffinity(None, &set);
    }
    let [program, arguments @ ..] = options.program.as_slice() else { bail!("there is no program") };
    Err(Command::new(PathBuf::from(program)).args(arguments).exec().into())
}
