//! The image's last stage, built by buildah around the server that was built already, and run as its user: made, served, asked, drained.
//! The first stage needs a registry; what it does beside compiling is `assemble.sh`, which is called here too.

use super::DOCKERFILE;
use crate::processes::kill_tree;
use crate::surroundings;
use crate::tools::Tool;
use crate::workbench::Workbench;
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TAG: &str = "localhost/kkanbu-test";
const USER: &str = "10001:10001";
const SERVER: &str = "/usr/bin/kkanbu";
const VOLUMES: [&str; 2] = ["var/lib/kkanbu", "var/lib/kkanbu-keys"];
const CONFIG: &str = "etc/kkanbu/kkanbu.toml";

/// Time for the server to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

/// Builds and runs it where this machine can; says so where it can't.
pub(super) fn check(bench: &Workbench, kkanbu: &Path) -> anyhow::Result<String> {
    if !Tool::Buildah.is_there(bench) {
        return Ok("NOT CHECKED: the image, without buildah".to_owned());
    }
    if !surroundings::is_root() {
        return Ok("NOT CHECKED: the image, which only root can build and enter".to_owned());
    }
    let folder = bench.repo.kept("image")?;
    remove(&folder)?;
    let image = Image { bench, folder: folder.clone() };
    image.build(kkanbu)?;
    image.has_what_operators_rely_on()?;
    let bytes = image.bytes()?;
    image.runs()?;
    remove(&folder)?;
    Ok(format!("image of {} MB built, made, ready, drained as {USER}", bytes / 1_000_000))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not remove {}", folder.display()))?;
    }
    Ok(())
}

/// Everything from the last `FROM`, copying from the folder that stands in for the first stage.
fn last_stage(dockerfile: &str) -> anyhow::Result<String> {
    let at = dockerfile.rfind("\nFROM ").context("there is one stage alone")?;
    let stage = dockerfile.get(at + 1..).unwrap_or_default();
    ensure!(stage.starts_with("FROM scratch\n"), "the last stage stands on another image: {stage}");
    Ok(stage.replace("COPY --from=build ", "COPY "))
}

struct Image<'a> {
    bench: &'a Workbench,
    folder: PathBuf,
}

impl Image<'_> {
    /// buildah, keeping everything that it makes in the folder.
    fn buildah(&self) -> Command {
        let mut buildah = self.bench.command("buildah");
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(self.folder.join("storage"));
        buildah.arg("--runroot").arg(self.folder.join("run"));
        buildah
    }

    fn build(&self, kkanbu: &Path) -> anyhow::Result<()> {
        let context = self.folder.join("context");
        fs::create_dir_all(&context)?;
        let assemble = self.bench.repo.at("deploy/docker/assemble.sh");
        self.bench.log.run(self.bench.command(assemble).arg(kkanbu).arg(context.join("out")))?;
        let stage = last_stage(&fs::read_to_string(self.bench.repo.at(DOCKERFILE))?)?;
        let file = self.folder.join("Dockerfile");
        fs::write(&file, stage)?;
        let mut build = self.buildah();
        build.args(["build", "--isolation", "chroot", "--format", "docker", "--tag", TAG, "--file"]).arg(file);
        self.bench.log.run(build.arg(context))
    }

    /// The image's configuration: who runs, what is kept apart, how it ends, how it is asked. And no variable that could hold a secret.
    fn has_what_operators_rely_on(&self) -> anyhow::Result<()> {
        let said = self.bench.log.read(self.buildah().args(["inspect", "--type", "image", TAG]))?;
        let all: Value = serde_json::from_str(&said).context("buildah inspect")?;
        let config = all.pointer("/Docker/config").context("the image has no configuration")?;
        let is = |pointer: &str, wanted: &Value| {
            let found = config.pointer(pointer).unwrap_or(&Value::Null);
            ensure!(found == wanted, "the image's {pointer} is {found}, not {wanted}");
            Ok(())
        };
        is("/User", &USER.into())?;
        is("/StopSignal", &"SIGTERM".into())?;
        is("/Healthcheck/Test", &serde_json::json!(["CMD", SERVER, "check-ready"]))?;
        is("/Volumes", &serde_json::json!({ "/var/lib/kkanbu": {}, "/var/lib/kkanbu-keys": {} }))?;
        let variables = config.pointer("/Env").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let strange =
            variables.iter().find(|variable| !variable.as_str().is_some_and(|text| text.starts_with("PATH=")));
        ensure!(strange.is_none(), "the image sets {strange:?}");
        Ok(())
    }

    fn bytes(&self) -> anyhow::Result<u64> {
        let files = walkdir::WalkDir::new(self.folder.join("context"));
        files.into_iter().try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
    }

    /// As its user, in its file system and no other, with the example configuration.
    fn runs(&self) -> anyhow::Result<()> {
        let container = self.bench.log.read(self.buildah().args(["from", "--pull-never", TAG]))?;
        let root = self.bench.log.read(self.buildah().args(["mount", container.trim()]))?;
        let root = PathBuf::from(root.trim());
        let ops = free_port()?;
        let example = fs::read_to_string(self.bench.repo.at("deploy/kkanbu.example.toml"))?;
        let config =
            example.replace("127.0.0.1:9090", &ops).replace("#listen = \"0.0.0.0:8080\"", "listen = \"127.0.0.1:0\"");
        fs::write(root.join(CONFIG), config)?;
        let inside = |arguments: &[&str]| {
            let mut command = self.bench.command("chroot");
            command.arg(format!("--userspec={USER}")).arg(&root).arg(SERVER).args(arguments);
            command
        };
        let config = format!("/{CONFIG}");
        ensure!(
            self.bench.log.run(&mut inside(&["serve", "--config", &config])).is_err(),
            "it serves from volumes that nobody made"
        );
        self.bench.log.run(&mut inside(&["init", "--config", &config]))?;
        let mut serving = inside(&["serve", "--config", &config]);
        serving.stdin(Stdio::null()).stdout(Stdio::null());
        let mut server = serving.stderr(fs::File::create(self.folder.join("server.log"))?).spawn()?;
        let ended = ready(&mut server, || inside(&["check-ready", "--ops", &ops])).and_then(|()| drained(&mut server));
        kill_tree(server.id());
        self.bench.log.note(fs::read_to_string(self.folder.join("server.log"))?)?;
        ended?;
        for volume in VOLUMES {
            let mode = fs::metadata(root.join(volume))?.mode();
            ensure!(mode & 0o077 == 0, "{volume} is open to others: {mode:o}");
        }
        let written = owned_by_its_user(&root)?;
        let elsewhere = written.iter().find(|path| !VOLUMES.iter().any(|volume| path.starts_with(volume)));
        ensure!(elsewhere.is_none(), "its user can write to {elsewhere:?}");
        ensure!(written.len() > 2, "it has written nothing");
        Ok(())
    }
}

/// What the image's user can write to, seen from the image's top: all else is root's.
fn owned_by_its_user(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut owned = Vec::new();
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if !metadata.is_symlink() && (metadata.uid() != 0 || metadata.mode() & 0o002 != 0) {
            owned.push(entry.path().strip_prefix(root)?.to_owned());
        }
    }
    Ok(owned)
}

/// An address that nobody listens on at the moment.
fn free_port() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Waits until the image's health check succeeds.
fn ready(server: &mut Child, mut ask: impl FnMut() -> Command) -> anyhow::Result<()> {
    let began = surroundings::now();
    while !ask().stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
        if let Some(status) = server.try_wait()? {
            bail!("the server ended with {status} instead of getting ready");
        }
        ensure!(began.elapsed() < PATIENCE, "the server does not get ready");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Stops it as a container is stopped.
fn drained(server: &mut Child) -> anyhow::Result<()> {
    let began = surroundings::now();
    ensure!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status()?.success(), "it had gone already");
    loop {
        if let Some(status) = server.try_wait()? {
            ensure!(status.success(), "the server ended with {status} when it was stopped");
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "the server does not end");
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_is_taken_and_stands_on_nothing() {
        let two = "FROM rust AS build\nRUN make\n\nFROM scratch\nCOPY --from=build --chown=1:1 /out/ /\nUSER 1\n";
        assert_eq!(last_stage(two).expect("two stages"), "FROM scratch\nCOPY --chown=1:1 /out/ /\nUSER 1\n");
        assert!(last_stage("FROM scratch\nCOPY a /\n").is_err());
        assert!(last_stage("FROM a\n\nFROM debian\n").is_err());
    }
}
