//! TypeScript types of the admin socket's lines, in one module.

use crate::docgen::contract::Contract;
use crate::docgen::typescript::table;
use anyhow::ensure;
use kkanbu_wire::admin::AdminCode;
use std::fmt::Write;

/// The module.
pub(super) fn module(contract: &Contract) -> anyhow::Result<String> {
    let mut out = "// The admin socket's lines as types. Generated from the server's by `cargo xtask docgen`; `README.md` beside this file\n\
                   // says what happens when. Ignore fields that are not named here.\n\n"
        .to_owned();
    out.push_str(&contract.declarations.join("\n"));
    write!(out, "\n/** Every command: what it takes and what it gives. */\nexport interface AdminCommands {{\n")?;
    for method in &contract.methods {
        let (params, result) = (&method.params.type_name, &method.result.type_name);
        writeln!(out, "  /** {} */\n  \"{}\": {{ params: {params}; result: {result} }};", method.summary, method.name)?;
    }
    out.push_str("}\n\n");
    out.push_str(LINES);
    let about = "Why a command was refused, by `error.message`. `again`: the same command may succeed later.";
    table::<AdminCode>(&mut out, ("ADMIN_CODES", "AdminName"), about, &[])?;
    ensure!(!out.contains("bigint"), "a number of the wire is no TypeScript number");
    Ok(out)
}

const LINES: &str = r#"export type AdminMethod = keyof AdminCommands;

/** A command as a line. `id` is a whole number from 0 to 2^53-1 of the caller's choice. */
export type CommandLine<M extends AdminMethod = AdminMethod> = {
  [K in M]: { jsonrpc: "2.0"; id: number; method: K; params: AdminCommands[K]["params"] };
}[M];

/** The reply to a command that was done. */
export interface ResultLine<M extends AdminMethod = AdminMethod> {
  jsonrpc: "2.0";
  id: number;
  result: AdminCommands[M]["result"];
}

/** The reply to a command that was refused; `id` is null where it could not be read. */
export interface ErrorLine {
  jsonrpc: "2.0";
  id: number | null;
  error: AdminError;
}

export type ReplyLine<M extends AdminMethod = AdminMethod> = ResultLine<M> | ErrorLine;

"#;
