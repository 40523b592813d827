//! TypeScript types of everything on the wire, in one module.

use super::codes::{self, RFC_CLOSES, again};
use super::contract::Contract;
use anyhow::ensure;
use kkanbu_wire::{CloseCode, Code, RejectCode, RoomEndCode, SUBPROTOCOL};
use std::collections::BTreeMap;
use std::fmt::Write;
use ts_rs::{Config, TS, TypeVisitor};

/// Declarations of types and of those that they are made of, by name: the order in which `ts-rs` visits them changes from one
/// compilation to the next.
pub(super) struct Types {
    config: Config,
    declarations: BTreeMap<String, String>,
}

impl Types {
    pub(super) fn new() -> Self {
        // Whole numbers on this wire stay below 2^53.
        Self { config: Config::new().with_large_int("number"), declarations: BTreeMap::new() }
    }

    /// Declares a type, if it is not yet; gives its name.
    pub(super) fn add<T: TS + 'static + ?Sized>(&mut self) -> String {
        let name = T::ident(&self.config);
        // What has no path is one of TypeScript's own types.
        if T::output_path().is_some() && !self.declarations.contains_key(&name) {
            let docs = T::docs().unwrap_or_default();
            let declaration = layout(&format!("{docs}export {}", T::decl(&self.config)));
            self.declarations.insert(name.clone(), declaration);
            T::visit_dependencies(self);
        }
        name
    }

    pub(super) fn into_declarations(self) -> Vec<String> {
        self.declarations.into_values().collect()
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

/// The module.
pub(super) fn module(contract: &Contract) -> anyhow::Result<String> {
    let mut out = format!(
        "// The members' wire, `{SUBPROTOCOL}`, as types. Generated from the server's by `cargo xtask docgen`; `README.md` beside\n\
         // this file says what happens when. Clients ignore fields, pushes and kinds of publications that are not named here.\n\n\
         export const SUBPROTOCOL = \"{SUBPROTOCOL}\";\n\n"
    );
    out.push_str(&contract.declarations.join("\n"));
    write!(out, "\n/** Every command: what it takes and what it gives. */\nexport interface Commands {{\n")?;
    for method in &contract.methods {
        let (params, result) = (&method.params.type_name, &method.result.type_name);
        writeln!(out, "  /** {} */\n  {}: {{ params: {params}; result: {result} }};", method.summary, method.name)?;
    }
    write!(out, "}}\n\n/** Every push: what it carries. */\nexport interface Pushes {{\n")?;
    for push in &contract.pushes {
        writeln!(out, "  /** {} */\n  {}: {};", push.summary, push.name, push.params.type_name)?;
    }
    out.push_str("}\n\n");
    out.push_str(FRAMES);
    tables(&mut out)?;
    ensure!(!out.contains("bigint"), "a number of the wire is no TypeScript number");
    Ok(out)
}

const FRAMES: &str = r#"export type Method = keyof Commands;

/** A command as a frame. `id` is a whole number from 0 to 2^53-1 of the client's choice. */
export type CommandFrame<M extends Method = Method> = {
  [K in M]: { jsonrpc: "2.0"; id: number; method: K; params: Commands[K]["params"] };
}[M];

/** The reply to a command that was done. */
export interface ResultFrame<M extends Method = Method> {
  jsonrpc: "2.0";
  id: number;
  result: Commands[M]["result"];
}

/** The reply to a command that was rejected; `id` is null where it could not be read. */
export interface ErrorFrame {
  jsonrpc: "2.0";
  id: number | null;
  error: Rejection;
}

export type ReplyFrame<M extends Method = Method> = ResultFrame<M> | ErrorFrame;

/** A push as a frame. */
export type PushFrame = {
  [K in keyof Pushes]: { jsonrpc: "2.0"; method: K; params: Pushes[K] };
}[keyof Pushes];

"#;

fn tables(out: &mut String) -> anyhow::Result<()> {
    let about = "Why a command was rejected, by `error.message`. `again`: the same command may succeed later.";
    table::<RejectCode>(out, ("REJECT_CODES", "RejectName"), about, &[])?;
    let about = "Why a room ended, by `reason`. `again`: join or resume it again.";
    table::<RoomEndCode>(out, ("ROOM_END_CODES", "RoomEndName"), about, &[])?;
    let about = "Why the session was closed. `again`: come back.";
    table::<CloseCode>(out, ("CLOSE_CODES", "CloseName"), about, &RFC_CLOSES)
}

/// A table of codes as a constant, and its names as a type.
pub(super) fn table<T: Code>(
    out: &mut String,
    (name, key): (&str, &str),
    about: &str,
    more: &[codes::RfcClose],
) -> anyhow::Result<()> {
    let ours = T::ALL.iter().map(|code| (code.number(), code.name(), code.meaning()));
    let mut rows: Vec<_> = ours.chain(more.iter().map(|close| (close.number, close.name, close.meaning))).collect();
    rows.sort_by_key(|(number, ..)| *number);
    writeln!(out, "/** {about} */\nexport const {name} = {{")?;
    for (number, name, meaning) in rows {
        writeln!(out, "  /** {meaning} */\n  {name}: {{ number: {number}, again: {} }},", again(number))?;
    }
    let is_last = matches!(name, "CLOSE_CODES" | "ADMIN_CODES");
    let blank = if is_last { "" } else { "\n" };
    write!(out, "}} as const;\n\nexport type {key} = keyof typeof {name};\n{blank}")?;
    Ok(())
}

/// Lays out a declaration that came as one long line: one field a line, comments of one sentence on one line.
fn layout(declaration: &str) -> String {
    let comments_on_a_line = declaration.replace("/**\n * ", "/** ").replace("\n */\n", " */\n");
    let mut layout = Layout::default();
    for line in comments_on_a_line.lines() {
        if line.starts_with("/**") {
            layout.start_line();
            layout.out.push_str(line);
            layout.start_line();
        } else {
            line.chars().for_each(|c| layout.push(c));
        }
    }
    layout.out.replace("\"kind\":", "kind:") + "\n"
}

/// A declaration as far as it is laid out.
#[derive(Default)]
struct Layout {
    out: String,
    braces: usize,
    angles: usize,
    quoted: bool,
}

impl Layout {
    fn push(&mut self, c: char) {
        if c == '"' {
            self.quoted = !self.quoted;
        }
        match c {
            _ if self.quoted => self.out.push(c),
            '{' => {
                self.braces += 1;
                self.out.push(c);
                self.start_line();
            }
            '}' => {
                self.braces = self.braces.saturating_sub(1);
                if !self.out.trim_end().ends_with([';', '{']) {
                    self.out.truncate(self.out.trim_end().len());
                    self.out.push(';');
                }
                self.start_line();
                self.out.push(c);
            }
            ',' if self.angles == 0 => {
                self.out.push(';');
                self.start_line();
            }
            ' ' if self.out.ends_with([' ', '\n']) => {}
            _ => {
                self.angles = (self.angles + usize::from(c == '<')).saturating_sub(usize::from(c == '>'));
                self.out.push(c);
            }
        }
    }

    fn start_line(&mut self) {
        self.out.truncate(self.out.trim_end().len());
        if !self.out.is_empty() {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(self.braces));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_declaration_has_one_field_a_line() {
        let line = "/**\n * A, b.\n */\ntype X = { \n/**\n * It {is}.\n */\na: Array<string>, \"kind\": \"a, b\", } & ({ b: Record<a, b> });";
        let expected = "/** A, b. */\ntype X = {\n  /** It {is}. */\n  a: Array<string>;\n  kind: \"a, b\";\n} & ({\n  b: Record<a, b>;\n});\n";
        assert_eq!(super::layout(line), expected);
    }
}
