//! temporary
#[derive(Debug, clap::Args)]
pub(crate) struct RehearseOptions {}
pub(crate) async fn command(_options: RehearseOptions) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("not yet")
}
