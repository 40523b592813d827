//! Generates everything in `proto/` but its prose from the wire's types, and finds out where the files have drifted from them.

mod admin;
mod asyncapi;
mod codes;
mod contract;
mod json;
mod schemas;
mod typescript;
mod vectors;

use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What makes the generated files anew.
const COMMAND: &str = "cargo xtask docgen";

/// Folders in `proto/` in which nothing but generated files may lie.
const OWN_FOLDERS: [&str; 4] = ["schemas", "vectors", "admin/schemas", "admin/vectors"];

/// Files by their path in `proto/`.
type Files = BTreeMap<String, String>;

/// Writes the files; or, with `check`, fails and names each one that differs.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let proto = proto();
    let files = generate()?;
    if !check {
        return write(&proto, &files);
    }
    let drifted = drifted(&proto, &files)?;
    if drifted.is_empty() {
        return Ok(());
    }
    bail!("proto/ has drifted from the types:\n  {}\nrun `{COMMAND}` and commit the result", drifted.join("\n  "))
}

fn proto() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

fn generate() -> anyhow::Result<Files> {
    let contract = contract::Contract::new()?;
    let vectors = vectors::all()?;
    let mut files = Files::new();
    files.insert("codes.md".into(), codes::markdown());
    files.insert("kkanbu.ts".into(), typescript::module(&contract)?);
    files.insert("asyncapi.yaml".into(), asyncapi::document(&contract, &vectors)?);
    for (name, schema) in schemas::all(&contract) {
        files.insert(format!("schemas/{name}.json"), json::pretty(&schema));
    }
    for (name, text) in vectors.files()? {
        files.insert(format!("vectors/{name}.json"), text);
    }
    files.extend(admin::files()?.into_iter().map(|(name, text)| (format!("admin/{name}"), text)));
    Ok(files)
}

fn write(proto: &Path, files: &Files) -> anyhow::Result<()> {
    for name in strays(proto, files)? {
        std::fs::remove_file(proto.join(&name)).with_context(|| format!("can't remove proto/{name}"))?;
    }
    for (name, text) in files {
        let path = proto.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("can't write proto/{name}"))?;
    }
    Ok(())
}

/// Each file that is missing, differs, or should not be there.
fn drifted(proto: &Path, files: &Files) -> anyhow::Result<Vec<String>> {
    let mut drifted = Vec::new();
    for (name, text) in files {
        match std::fs::read_to_string(proto.join(name)) {
            Ok(old) if old == *text => {}
            Ok(_) => drifted.push(format!("proto/{name} differs")),
            Err(_) => drifted.push(format!("proto/{name} is missing")),
        }
    }
    drifted.extend(strays(proto, files)?.into_iter().map(|name| format!("proto/{name} is no longer generated")));
    Ok(drifted)
}

/// Files in our own folders that we do not generate.
fn strays(proto: &Path, files: &Files) -> anyhow::Result<Vec<String>> {
    let mut strays = Vec::new();
    for folder in OWN_FOLDERS {
        let Ok(entries) = std::fs::read_dir(proto.join(folder)) else { continue };
        for entry in entries {
            let name = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !files.contains_key(&name) {
                strays.push(name);
            }
        }
    }
    Ok(strays)
}

#[cfg(test)]
mod tests {
    #[test]
    fn proto_says_what_the_types_say() {
        super::run(true).unwrap();
    }

    #[test]
    fn drift_is_named_file_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = super::generate().unwrap();
        super::write(folder.path(), &files).unwrap();
        assert_eq!(super::drifted(folder.path(), &files).unwrap(), [""; 0]);

        std::fs::write(folder.path().join("codes.md"), "other").unwrap();
        std::fs::remove_file(folder.path().join("kkanbu.ts")).unwrap();
        std::fs::write(folder.path().join("vectors/old.json"), "{}").unwrap();
        assert_eq!(
            super::drifted(folder.path(), &files).unwrap(),
            ["proto/codes.md differs", "proto/kkanbu.ts is missing", "proto/vectors/old.json is no longer generated"]
        );
    }
}
