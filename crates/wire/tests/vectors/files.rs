//! Reads what `proto/` holds: schemas and vectors.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn proto() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

fn parsed<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A whole file of `proto/vectors/`.
pub(crate) fn file<T: DeserializeOwned>(name: &str) -> T {
    parsed(&proto().join("vectors").join(name).with_extension("json"))
}

/// The vectors of a file of `proto/admin/vectors/`.
pub(crate) fn admin_vectors<T: DeserializeOwned>(name: &str) -> Vec<T> {
    vectors(&format!("../admin/vectors/{name}"))
}

/// The vectors of a file of `proto/vectors/`.
pub(crate) fn vectors<T: DeserializeOwned>(name: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct File<T> {
        vectors: Vec<T>,
    }
    let File { vectors } = file(name);
    assert_ne!(vectors.len(), 0, "{name}");
    vectors
}

/// All of `proto/schemas/` by file name.
pub(crate) fn schemas() -> BTreeMap<String, Value> {
    schemas_in("schemas")
}

/// All of `proto/admin/schemas/` by file name.
pub(crate) fn admin_schemas() -> BTreeMap<String, Value> {
    schemas_in("admin/schemas")
}

fn schemas_in(folder: &str) -> BTreeMap<String, Value> {
    let entries = std::fs::read_dir(proto().join(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), parsed(&entry.path())))
        .collect()
}
