//! The admin socket's contract: everything in `proto/admin/` but its prose.

mod contract;
mod refused;
mod typescript;
mod vectors;

use super::codes::section;
use super::{Files, json, schemas};
use kkanbu_wire::admin::AdminCode;

/// The files by their path in `proto/admin/`.
pub(super) fn files() -> anyhow::Result<Files> {
    let contract = contract::new()?;
    let mut files = Files::new();
    files.insert("codes.md".into(), codes());
    files.insert("kkanbu-admin.ts".into(), typescript::module(&contract)?);
    for (name, schema) in schemas::all(&contract) {
        files.insert(format!("schemas/{name}.json"), json::pretty(&schema));
    }
    for (name, text) in vectors::files()? {
        files.insert(format!("vectors/{name}.json"), text);
    }
    Ok(files)
}

fn codes() -> String {
    let mut out = "# Codes of the admin socket\n\nGenerated from the server's types by `cargo xtask docgen`. Names and numbers are stable; meanings are for people.\n"
        .to_owned();
    section::<AdminCode>(
        &mut out,
        "Refuse one command",
        "`error.code` and `error.message` of a reply; `error.data.detail` is a list of lines for people, often empty. 3000-3499: the same\n\
         command, with the same `key`, may succeed later. 3500-3999 and JSON-RPC's own negative codes: not as it stands.",
        "Try again?",
        &[],
    );
    out
}
