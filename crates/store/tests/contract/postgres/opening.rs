//! What can be wrong with a database or with what is said about it, and that each is said by its name.

use super::cluster::{Cluster, ROLE, shared};
use super::{Postgres, SERVER};
use crate::engine::Engine;
use crate::fixture::{HOUR, anyang, anyang_on, keyring, member, mentee};
use kkanbu_keys::ServerId;
use kkanbu_store::postgres::{OpenError, PostgresSettings, PostgresStore, PostgresTls, Weakness};
use kkanbu_store::{Store, StoreError};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

async fn open(settings: &PostgresSettings) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(settings, SERVER, keyring()).await
}

#[tokio::test]
async fn a_url_that_can_not_be_used_is_refused_and_not_repeated() {
    for (url, password) in [("nonsense", false), ("postgres://kkanbu:sesam@127.0.0.1/kkanbu", true)] {
        let error = open(&PostgresSettings::new(url)).await.unwrap_err();
        assert_eq!(matches!(error, OpenError::PasswordInUrl), password);
        assert!(!error.to_string().contains("sesam") && !error.to_string().contains("nonsense"), "{error}");
    }
    let nowhere = open(&PostgresSettings::new("postgres://kkanbu@127.0.0.1:1/kkanbu")).await.unwrap_err();
    assert!(matches!(nowhere, OpenError::Unreachable(_)), "{nowhere}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_made_once_and_found_by_its_own_keys() {
    let database = shared().database();
    let settings = shared().settings(&database);
    assert!(matches!(open(&settings).await, Err(OpenError::Missing)));
    PostgresStore::create(&settings, SERVER, keyring()).await.unwrap();
    let again = PostgresStore::create(&settings, SERVER, keyring()).await;
    assert!(matches!(again, Err(OpenError::AlreadyThere)));
    let other = PostgresStore::open(&settings, ServerId::from_bytes([5; 16]), keyring()).await;
    assert!(matches!(other, Err(OpenError::OtherServer)));
    let nobody = PostgresSettings { url: settings.url.replace(&database, "nowhere"), ..settings };
    assert!(matches!(open(&nobody).await, Err(OpenError::Login(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_make_a_store_at_once_one_does() {
    let settings = shared().settings(&shared().database());
    let made = tokio::join!(
        PostgresStore::create(&settings, SERVER, keyring()),
        PostgresStore::create(&settings, SERVER, keyring()),
    );
    assert!(matches!(made, (Ok(_), Err(OpenError::AlreadyThere)) | (Err(OpenError::AlreadyThere), Ok(_))), "{made:?}");
}

fn version(engine: &Postgres) -> String {
    shared().psql(&engine.database, "SELECT encode(value, 'hex') FROM kkanbu.meta WHERE name = 'schema'").trim().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_start_at_once_bring_an_older_schema_up() {
    let engine = anyang_on::<Postgres>().await;
    engine.store().close().await;
    let newest = version(&engine);
    let older = "SET search_path = kkanbu; UPDATE meta SET value = '\\x00000001' WHERE name = 'schema';
        ALTER TABLE member ALTER tag SET STATISTICS -1";
    shared().psql(&engine.database, older);
    let settings = engine.settings();
    let (one, other) = tokio::join!(open(&settings), open(&settings));
    assert_eq!(one.unwrap().programmes().await, Ok(vec![anyang()]));
    assert_eq!(other.unwrap().programmes().await, Ok(vec![anyang()]));
    assert_eq!(version(&engine), newest);
    let sql = "SELECT attstattarget FROM pg_attribute WHERE attrelid = 'kkanbu.member'::regclass AND attname = 'tag'";
    assert_eq!(shared().psql(&engine.database, sql).trim(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_and_a_foreign_one_are_refused() {
    let engine = anyang_on::<Postgres>().await;
    shared().psql(&engine.database, "UPDATE kkanbu.meta SET value = '\\x00000063' WHERE name = 'schema'");
    let newer = open(&engine.settings()).await.unwrap_err();
    assert!(matches!(newer, OpenError::NewerSchema(99)) && newer.to_string().contains("run the newer"), "{newer}");
    shared().psql(&engine.database, "DROP SCHEMA kkanbu CASCADE");
    shared().psql(&engine.database, "CREATE SCHEMA kkanbu AUTHORIZATION kkanbu");
    assert!(matches!(open(&engine.settings()).await, Err(OpenError::Foreign)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_database_is_refused_unless_that_is_configured() {
    let engine = anyang_on::<Postgres>().await;
    let weak = [
        ("synchronous_commit = off", Weakness::NotDurable),
        ("synchronous_commit = local", Weakness::NotDurable),
        ("log_statement = 'all'", Weakness::StatementLog),
        ("log_min_duration_statement = 0", Weakness::StatementLog),
    ];
    for (setting, weakness) in weak {
        let alter = |what: &str| shared().psql("postgres", &format!("ALTER DATABASE {} {what}", engine.database));
        alter(&format!("SET {setting}"));
        let refused = open(&engine.settings()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Weak { weakness: found, .. } if found == weakness), "{refused}");
        assert!(refused.to_string().contains(weakness.name()), "{refused}");
        let accepting = PostgresSettings { accept: vec![weakness], ..engine.settings() };
        let store = open(&accepting).await.unwrap();
        assert_eq!(store.programmes().await, Ok(vec![anyang()]));
        alter("RESET ALL");
    }
    // A server that became weak while the store was open is noticed by the next connection.
    let store = open(&engine.settings()).await.unwrap();
    shared().psql("postgres", &format!("ALTER DATABASE {} SET synchronous_commit = off", engine.database));
    super::cut(shared(), &engine.database);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let admitted = store.admit(&anyang().id, &member(1), &mentee()).await.unwrap_err();
    assert!(admitted.to_string().contains("synchronous_commit"), "{admitted}");
    shared().psql("postgres", &format!("ALTER DATABASE {} SET default_transaction_read_only = on", engine.database));
    assert!(matches!(open(&engine.settings()).await, Err(OpenError::ReadOnly)));
}

/// A certificate for this machine and the authority that signed it, as PEM files in the folder.
fn certificates(folder: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("authority.pem"), authority_pem).unwrap();
    std::fs::write(folder.join("server.pem"), own.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_network_it_takes_tls_that_proves_itself_and_a_password_from_a_file() {
    let (files, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certificates(files.path());
    certificates(others.path());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cluster = Cluster::start_on(port, files.path());
    let database = cluster.database();
    let password_file = Some(files.path().join("password"));
    std::fs::write(files.path().join("password"), format!("sesam-{ROLE}\n")).unwrap();
    let tls = |folder: &Path| PostgresTls::Verified { authorities: folder.join("authority.pem") };
    let settings = PostgresSettings {
        password_file: password_file.clone(),
        tls: tls(files.path()),
        ..PostgresSettings::new(format!("postgres://{ROLE}@127.0.0.1:{port}/{database}"))
    };
    let store = PostgresStore::create(&settings, SERVER, keyring()).await.unwrap();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'kkanbu'";
    assert_eq!(cluster.psql(&database, sql).trim(), "t");
    store.close().await;
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));

    let stranger = PostgresSettings { tls: tls(others.path()), ..settings.clone() };
    let refused = open(&stranger).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unreachable(_)), "{refused}");
    let nobody = PostgresSettings { password_file: None, ..settings.clone() };
    assert!(open(&nobody).await.is_err());
    std::fs::write(files.path().join("password"), "wrong\n").unwrap();
    assert!(matches!(open(&settings).await, Err(OpenError::Login(_))));
    let no_file = PostgresSettings { password_file: Some(files.path().join("nothing")), ..settings };
    assert!(matches!(open(&no_file).await, Err(OpenError::Io { .. })));
}
