//! One node from its parts: open the ports, put the server together, run until a signal.

use crate::programme_file;
use crate::storage::Storage;
use crate::telemetry;
use anyhow::{Context, Result};
use kkanbu_gateway::{Listening, Parts, Server, Settings};
use kkanbu_model::Programme;
use kkanbu_room::Guard;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Runs the server until SIGTERM or SIGINT and drains. Says whether everything ended in time.
pub(crate) async fn run(settings: Settings, storage: Storage, guard: Guard, listening: Listening) -> Result<bool> {
    raise_file_limit(settings.limits.connections_max);
    let drain = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let parts = Parts {
        store: storage.store.clone(),
        broker: storage.broker.clone(),
        programmes: storage.programmes.clone(),
        clock: storage.clock.clone(),
        guard,
        assets: crate::page::assets(),
        read_programme,
    };
    let server = Server::new(settings, parts).run(listening, drain.clone());
    let signalled = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        telemetry::draining();
        drain.cancel();
        std::future::pending::<bool>().await
    };
    let in_time = tokio::select! {
        in_time = server => in_time,
        in_time = signalled => in_time,
    };
    storage.left_in_order();
    Ok(in_time)
}

/// Keeps a crash from writing keys and posts to the disk. Whoever starts the process may have allowed that.
pub(crate) fn no_core_dumps() {
    // Less can always be had.
    let _ = rlimit::Resource::CORE.set(0, 0);
}

/// Reads a definition that came through the admin socket.
fn read_programme(text: &str) -> Result<Programme, Vec<String>> {
    let reading =
        programme_file::read(text).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    reading.notes.iter().for_each(|note| telemetry::programme_note(note));
    Ok(reading.programme)
}

/// Takes as many file descriptors as the system gives, and says so where they are fewer than there may be connections.
fn raise_file_limit(connections_max: usize) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files < connections_max as u64 => {
            telemetry::few_file_descriptors(files, connections_max);
        }
        Ok(_) => {}
        Err(error) => telemetry::file_limit_failed(&error),
    }
}
