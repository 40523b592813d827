//! `completions` and `man`: what shells and manual readers want of the command line.

use crate::cli::{Cli, Man, Shell};
use crate::output;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::process::ExitCode;

const NAME: &str = "kkanbu";

/// Prints what a shell needs to complete the command line.
pub(super) fn completions(shell: Shell) -> ExitCode {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    output::say(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}

/// Prints the manual page; or, with a folder, writes the pages of all commands there.
pub(super) fn man(options: &Man) -> Result<ExitCode> {
    if let Some(folder) = &options.folder {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        clap_mangen::generate_to(Cli::command(), folder).with_context(|| folder.display().to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::say(String::from_utf8_lossy(&page).trim_end());
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_fits_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let folder = tempfile::tempdir().unwrap();
        man(&Man { folder: Some(folder.path().join("man1")) }).unwrap();
        for page in ["kkanbu.1", "kkanbu-serve.1", "kkanbu-admin.1", "kkanbu-admin-room-freeze.1"] {
            let text = std::fs::read_to_string(folder.path().join("man1").join(page)).unwrap();
            assert!(text.contains(".TH"), "{page}");
        }
    }
}
