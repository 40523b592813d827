//! The configuration: what was typed ([`typed`]), and what it means ([`Config`]). All faults are found before a port opens.

mod fields;
mod reference;
mod typed;

use crate::programme_file::{self, Reading};
use crate::toml_fields::{Fault, Faults};
use kkanbu_gateway::Tls;
use kkanbu_model::{Limits, Programme};
use kkanbu_room::Guard;
use kkanbu_wire::Padding;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use typed::LogFormat;

/// A configuration that can run.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) public_origin: String,
    pub(crate) origins: Vec<String>,
    pub(crate) listen: SocketAddr,
    pub(crate) ops_listen: Option<SocketAddr>,
    pub(crate) admin_socket: Option<PathBuf>,
    pub(crate) data_folder: PathBuf,
    pub(crate) key_folder: PathBuf,
    pub(crate) programmes: Vec<Programme>,
    /// What the organisers should know of how their files were read.
    pub(crate) notes: Vec<String>,
    pub(crate) tls: Option<Tls>,
    pub(crate) guard: Guard,
    pub(crate) padding: Padding,
    /// With what the file says of them.
    pub(crate) limits: Limits,
    pub(crate) drain: Duration,
    pub(crate) log_format: LogFormat,
    typed: typed::Typed,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.lines())]
pub(crate) struct ConfigErrors {
    file: PathBuf,
    faults: Vec<Fault>,
}

impl ConfigErrors {
    /// What is wrong with this file.
    pub(crate) fn new(file: &Path, faults: Vec<Fault>) -> Self {
        Self { file: file.to_owned(), faults }
    }

    fn lines(&self) -> String {
        let line = |fault: &Fault| format!("{}: {fault}", self.file.display());
        self.faults.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Config {
    /// Reads a configuration file and all that it names. Relative paths are relative to the file's folder.
    pub(crate) fn read(file: &Path) -> Result<Self, ConfigErrors> {
        let fail = |faults| ConfigErrors::new(file, faults);
        let text = std::fs::read_to_string(file)
            .map_err(|error| fail(vec![Fault { line: 1, what: format!("can't be read: {error}") }]))?;
        let base = file.parent().unwrap_or(Path::new("."));
        Self::parse(&text, base).map_err(fail)
    }

    fn parse(text: &str, base: &Path) -> Result<Self, Vec<Fault>> {
        let (typed, places, mut faults) = typed::read(text);
        let at = |key: &str| places.get(key).copied().unwrap_or(0);
        let data_folder = base.join(&typed.data_folder);
        let key_folder = base.join(&typed.key_folder);
        for (inner, outer, what) in [
            (
                &key_folder,
                &data_folder,
                "key_folder must not be inside data_folder: a copy of the data would hold its keys",
            ),
            (&data_folder, &key_folder, "data_folder must not be inside key_folder"),
        ] {
            if absolute(inner).starts_with(absolute(outer)) && !typed.data_folder.is_empty() {
                faults.add(at("key_folder"), what.to_owned());
            }
        }
        let (programmes, notes) = read_programmes(&typed.programmes, base, &mut faults);
        let tls = typed.tls.as_ref().and_then(|files| {
            read_tls(&base.join(&files.certificate), &base.join(&files.key))
                .map_err(|error| faults.add(at("tls"), format!("tls: {error}")))
                .ok()
        });
        let guard = Guard::new(typed.staff_number_pattern.as_deref())
            .map_err(|error| faults.add(at("staff_number_pattern"), format!("staff_number_pattern: {error}")))
            .ok();
        let found = faults.into_found();
        match guard.zip(typed.listen) {
            Some((guard, listen)) if found.is_empty() => Ok(Self {
                public_origin: typed.public_origin.clone(),
                origins: typed.origins.clone(),
                listen,
                ops_listen: typed.ops_listen,
                admin_socket: typed.admin_socket.as_ref().map(|path| base.join(path)),
                data_folder,
                key_folder,
                programmes,
                notes,
                tls,
                guard,
                padding: typed.padding,
                limits: Limits {
                    posts_per_minute: typed.posts_per_minute,
                    posts_burst: typed.posts_burst,
                    ..Limits::default()
                },
                drain: Duration::from_secs(u64::from(typed.drain_seconds)),
                log_format: typed.log_format,
                typed,
            }),
            Some(_) | None => Err(found),
        }
    }

    /// A configuration file with every field, explained.
    pub(crate) fn example() -> String {
        reference::example()
    }

    /// The configuration in force, defaults included, as a file that can be used.
    pub(crate) fn print(&self) -> String {
        self.typed.to_toml()
    }
}

/// The path from the root, with links followed as far as there is something.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    // Folders that are not there yet have no canonical form; their parents may.
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => absolute(parent).join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    })
}

fn read_programmes(paths: &[(usize, String)], base: &Path, faults: &mut Faults) -> (Vec<Programme>, Vec<String>) {
    let (mut programmes, mut notes): (Vec<Programme>, Vec<String>) = Default::default();
    for (place, path) in paths {
        match programme_file::read_file(&base.join(path)) {
            Ok(Reading { programme, .. }) if programmes.iter().any(|other| other.id == programme.id) => {
                faults.add(*place, format!("{path}: programme {} is there twice", programme.id));
            }
            Ok(reading) => {
                programmes.push(reading.programme);
                notes.extend(reading.notes.iter().map(|note| format!("{path}: {note}")));
            }
            Err(errors) => errors.iter().for_each(|error| faults.add(*place, format!("{path}: {error}"))),
        }
    }
    (programmes, notes)
}

fn read_tls(certificate: &Path, key: &Path) -> Result<Tls, String> {
    let at = |path: &Path, error: String| format!("{}: {error}", path.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| at(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(at(certificate, "there is no certificate in it".into()));
    }
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| at(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .map_err(|error| at(certificate, error.to_string()))?;
    Ok(Tls(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let text = "public_origin = \"kkanbu.example.org\"\nlisten = \"nowhere\"\ndata_folder = \"data\"\nkey_folder = \"data/keys\"\nprogrammes = [\"missing.toml\"]\npadding = \"loud\"\ncolour = 1\nstaff_number_pattern = \"(\"\n[tls]\ncertificate = \"no.pem\"\nkey = \"no.key\"\n";
        let folder = tempfile::tempdir().unwrap();
        let faults = Config::parse(text, folder.path()).unwrap_err();
        let has = |line, part: &str| {
            assert!(
                faults.iter().any(|fault| fault.line == line && fault.what.contains(part)),
                "{line} {part}: {faults:?}"
            );
        };
        has(1, "public_origin");
        has(2, "listen");
        has(4, "key_folder must not be inside data_folder");
        has(5, "missing.toml: line 1: can't be read");
        has(6, "padding");
        has(7, "colour is not known");
        has(8, "staff_number_pattern");
        has(9, "tls");
    }

    #[test]
    fn a_port_is_named_where_it_is_not_the_usual_one_and_serves_one_end() {
        let folder = tempfile::tempdir().unwrap();
        let whats = |text: &str| {
            let text = format!("{text}\ndata_folder = \"data\"\nkey_folder = \"keys\"\n");
            let faults = Config::parse(&text, folder.path()).err().unwrap_or_default();
            faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>().join("; ")
        };
        for (origin, good) in [
            ("http://localhost:80", false),
            ("https://a.example:443", false),
            ("http://localhost:443", true),
            ("https://a.example:8443", true),
        ] {
            let said = whats(&format!("public_origin = \"{origin}\""));
            assert_eq!(!said.contains(origin), good, "{said}");
        }
        let origin = "public_origin = \"https://a.example\"";
        let said = whats(&format!("{origin}\nlisten = \"127.0.0.1:8080\"\nops_listen = \"127.0.0.1:8080\""));
        assert!(said.contains("one of its own"), "{said}");
        assert_eq!(whats(&format!("{origin}\nops_listen = \"127.0.0.1:9090\"")), "");
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let text = "public_origin = \"http://localhost:8080\"\ndata_folder = \"data\"\nkey_folder = \"keys\"\n";
        let config = Config::parse(text, folder.path()).unwrap();
        let again = Config::parse(&config.print(), folder.path()).unwrap();
        assert_eq!(config.print(), again.print());
    }
}
