//! Makes the schema, and brings one of an older version to this one. One transaction under a lock: of several nodes that start at once one does it,
//! and the others find it done.

use super::error::OpenError;
use super::schema::{SCHEMA_VERSION, STEPS};
use crate::telemetry;
use kkanbu_keys::ServerId;
use tokio_postgres::{Client, Transaction};

/// "kkan", in the space of advisory locks.
const LOCK: &str = "SELECT pg_advisory_xact_lock(x'6b6b616e'::bigint)";

/// What is in the database.
enum Found {
    /// No schema of our name.
    Nothing,
    /// A store of this version.
    Version(i32),
}

/// Makes a new store, which must not be there.
pub(super) async fn create(client: &mut Client, server: ServerId) -> Result<(), OpenError> {
    let transaction = begin(client).await?;
    match found(&transaction).await? {
        Found::Version(_) => return Err(OpenError::AlreadyThere),
        Found::Nothing => transaction.batch_execute("CREATE SCHEMA kkanbu").await?,
    }
    step(&transaction, 0).await?;
    let sql = "INSERT INTO meta (name, value) VALUES ('server', $1)";
    transaction.execute(sql, &[&server.as_bytes().as_slice()]).await?;
    transaction.commit().await?;
    Ok(())
}

/// Makes sure that the store is there, of this version, and this server's.
pub(super) async fn migrate(client: &mut Client, server: ServerId) -> Result<(), OpenError> {
    let transaction = begin(client).await?;
    let version = match found(&transaction).await? {
        Found::Nothing => return Err(OpenError::Missing),
        Found::Version(newer) if newer > SCHEMA_VERSION => return Err(OpenError::NewerSchema(newer)),
        Found::Version(version) => version,
    };
    let row = transaction.query_opt("SELECT value FROM meta WHERE name = 'server'", &[]).await?;
    let id: Vec<u8> = row.ok_or(OpenError::Foreign)?.try_get(0)?;
    if id != server.as_bytes() {
        return Err(OpenError::OtherServer);
    }
    step(&transaction, version).await?;
    transaction.commit().await?;
    if version < SCHEMA_VERSION {
        telemetry::migrated(version, SCHEMA_VERSION);
    }
    Ok(())
}

async fn begin(client: &mut Client) -> Result<Transaction<'_>, OpenError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(LOCK).await?;
    Ok(transaction)
}

async fn found(transaction: &Transaction<'_>) -> Result<Found, OpenError> {
    let sql = "SELECT to_regnamespace('kkanbu') IS NULL, to_regclass('kkanbu.meta') IS NOT NULL";
    let row = transaction.query_one(sql, &[]).await?;
    if row.try_get(0)? {
        return Ok(Found::Nothing);
    }
    if !row.try_get(1)? {
        return Err(OpenError::Foreign);
    }
    let row = transaction.query_opt("SELECT value FROM meta WHERE name = 'schema'", &[]).await?;
    let value: Vec<u8> = row.ok_or(OpenError::Foreign)?.try_get(0)?;
    let version: [u8; 4] = value.try_into().map_err(|_| OpenError::Foreign)?;
    Ok(Found::Version(i32::from_be_bytes(version)))
}

/// All steps after `version`.
async fn step(transaction: &Transaction<'_>, version: i32) -> Result<(), OpenError> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let done = usize::try_from(version).map_err(|_| OpenError::Foreign)?;
    for step in STEPS.iter().skip(done) {
        transaction.batch_execute(step).await?;
    }
    let sql =
        "INSERT INTO meta (name, value) VALUES ('schema', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, &[&SCHEMA_VERSION.to_be_bytes().as_slice()]).await?;
    Ok(())
}
