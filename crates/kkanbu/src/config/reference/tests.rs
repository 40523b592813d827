//! The reader against the table of fields, and the committed files against what the table gives.

use super::super::{Config, typed};
use super::*;
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- Made of crates/kkanbu/src/config/fields.rs; the tests of kkanbu write it anew. -->\n";
const END: &str = "<!-- That was made. -->\n";

fn lines<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    fields.fold(String::new(), |text, field| format!("{text}{} = {}\n", field.key, field.example))
}

/// The smallest file, with these lines in it. `more` wins over what it would have said itself.
fn file(more: &str) -> String {
    let needed = FIELDS.iter().filter(|field| matches!(field.left_out, LeftOut::Refused));
    let unsaid = needed.filter(|field| !more.starts_with(&format!("{} =", field.key)));
    lines(unsaid) + more
}

/// The file with one field.
fn with(field: &Field, value: &str) -> String {
    let line = format!("{} = {value}\n", field.key);
    if field.table.is_empty() {
        return file(&line);
    }
    let siblings = FIELDS.iter().filter(|other| other.table == field.table && other.key != field.key);
    file(&format!("[{}]\n{}{line}", field.table, lines(siblings)))
}

/// What the reader makes of a file, as a file; or its faults.
fn read(text: &str) -> Result<String, String> {
    let (typed, _, faults) = typed::read(text);
    let faults: Vec<String> = faults.into_found().iter().map(ToString::to_string).collect();
    if faults.is_empty() { Ok(typed.to_toml()) } else { Err(faults.join("\n")) }
}

#[test]
fn the_table_has_the_fields_that_the_reader_asks_for() {
    for table in ["", "tls"] {
        let heading = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        let faults = read(&format!("{heading}no_such_field = 1\n")).unwrap_err();
        let (_, known) = faults.split_once("known are ").unwrap();
        let mut known: Vec<&str> = known.lines().next().unwrap().split(", ").collect();
        let mut listed: Vec<&str> = FIELDS.iter().filter(|field| field.table == table).map(|field| field.key).collect();
        let tables = FIELDS.iter().map(|field| field.table).filter(|other| table.is_empty() && !other.is_empty());
        listed.extend(tables);
        for names in [&mut known, &mut listed] {
            names.sort_unstable();
            names.dedup();
        }
        assert_eq!(listed, known, "[{table}]");
    }
}

#[test]
fn a_field_that_is_left_out_is_what_the_table_says() {
    for field in FIELDS {
        let key = field.key;
        match field.left_out {
            LeftOut::Refused => {
                let others = file("").lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
                assert!(read(&others).unwrap_err().contains(&format!("{key} is missing")), "{key}");
            }
            LeftOut::Is(value) => assert_eq!(read(&with(field, value)), read(&file("")), "{key}"),
            LeftOut::None(_) => assert!(!read(&file("")).unwrap().contains(&format!("{key} =")), "{key}"),
        }
    }
}

#[test]
fn a_field_takes_what_the_table_says_and_nothing_else() {
    for field in FIELDS {
        let (good, bad): (Vec<String>, Vec<String>) = match field.takes {
            Takes::Origin => (vec![], vec!["\"kkanbu.example.org\"".into(), "1".into()]),
            Takes::Origins => (vec![], vec!["[\"example.org\"]".into(), "\"https://example.org\"".into()]),
            Takes::Address => (vec!["\"[::1]:1\"".into()], vec!["\"localhost:1\"".into(), "8080".into()]),
            Takes::Path | Takes::Pattern => (vec![], vec!["1".into(), "[\"a\"]".into()]),
            Takes::Paths => (vec!["[]".into()], vec!["\"a.toml\"".into(), "[1]".into()]),
            Takes::Seconds { min, max } | Takes::Number { min, max } => {
                let text = |number: u32| number.to_string();
                (vec![text(min), text(max)], vec![text(min - 1), text(max + 1), "\"20\"".into(), "1.5".into()])
            }
            Takes::Words(words) => (
                words.iter().map(|word| format!("\"{word}\"")).collect(),
                vec!["\"\"".into(), "\"other\"".into(), "true".into()],
            ),
        };
        for value in good.into_iter().chain([field.example.to_owned()]) {
            let read = read(&with(field, &value)).unwrap_or_else(|faults| panic!("{}: {faults}", field.key));
            let value: toml::Table = format!("x = {value}").parse().unwrap();
            let read: toml::Table = read.parse().unwrap();
            let table = if field.table.is_empty() { &read } else { read[field.table].as_table().unwrap() };
            assert_eq!(table[field.key], value["x"], "{}", field.key);
        }
        for value in bad {
            let faults = read(&with(field, &value)).unwrap_err();
            assert!(faults.contains(field.key), "{} = {value}: {faults}", field.key);
            if let (Takes::Words(words), "\"other\"") = (&field.takes, value.as_str()) {
                assert!(faults.ends_with(&format!("{} is {}", field.key, words.join(" or "))), "{faults}");
            }
        }
    }
}

#[test]
fn the_example_is_a_configuration_with_and_without_what_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    Config::parse(&example(), folder.path()).unwrap();
    let switched_on: String = example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(field) if !field.starts_with(' ') => format!("{field}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    let printed = read(&switched_on).unwrap();
    for field in FIELDS {
        assert!(printed.contains(&format!("{} = ", field.key)), "{} is not in the example", field.key);
    }
    assert!(example().lines().all(|line| line.len() <= WIDTH + 20), "a line is too long");
}

#[test]
fn the_unit_waits_longer_than_the_drain_and_makes_the_folders_of_the_example() {
    let unit = fs::read_to_string(at("deploy/systemd/kkanbu.service")).unwrap();
    let of = |key: &str| unit.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = Config::parse(&example(), folder.path()).unwrap();
    assert!(of("TimeoutStopSec").parse::<u64>().unwrap() >= 2 * config.drain.as_secs());
    let made: Vec<PathBuf> = of("StateDirectory").split(' ').map(|name| Path::new("/var/lib").join(name)).collect();
    assert_eq!(made, [config.data_folder.parent().unwrap(), config.key_folder.parent().unwrap()]);
    let limits = kkanbu_model::Limits::default();
    assert!(of("LimitNOFILE").parse::<usize>().unwrap() > 2 * limits.connections_max);
}

#[test]
fn markdown_reads_well_in_a_comment() {
    assert_eq!(plain("[Files](a.md) of `x`. Those [b](c) too"), "Files of x. Those b too");
}

#[test]
fn the_committed_files_are_what_the_table_gives() {
    let example_file = at("deploy/kkanbu.example.toml");
    let mut stale = Vec::new();
    stale.extend(renewed(&example_file, &example()));
    let prose = at("docs/CONFIGURATION.md");
    let text = fs::read_to_string(&prose).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the mark before the table");
    let (_, after) = rest.split_once(END).expect("the mark after the table");
    stale.extend(renewed(&prose, &format!("{before}{BEGIN}\n{}\n{END}{after}", table())));
    assert!(stale.is_empty(), "these had drifted and are written anew, look at them and commit: {stale:?}");
}

/// The reference's table.
fn table() -> String {
    let mut out = "| Field | Takes | Default | What it does |\n|---|---|---|---|\n".to_owned();
    for field in FIELDS {
        let name = if field.table.is_empty() { String::new() } else { format!("[{}] ", field.table) };
        let more = if field.beware.is_empty() { String::new() } else { format!(" *{}*", field.beware) };
        let (takes, left_out) = (field.takes.in_words(), field.left_out.in_words());
        let _ = writeln!(out, "| `{name}{}` | {takes} | {left_out} | {}{more} |", field.key, field.does);
    }
    out
}

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Writes a file that is not as it should be, and names it.
fn renewed(path: &Path, wanted: &str) -> Option<PathBuf> {
    if fs::read_to_string(path).is_ok_and(|text| text == wanted) {
        return None;
    }
    // Where nothing can be written, the name of the file is all there is to say.
    let _ = fs::write(path, wanted);
    Some(path.to_owned())
}
