//! Whatever the input, it is a programme that can run or there are faults with lines.

use super::*;
use crate::programme_file::without_dates;
use kkanbu_model::Schedule;
use proptest::prelude::*;

const FILES: [&str; 2] =
    [include_str!("../../../programmes/anyang-2022.toml"), include_str!("../../../programmes/seogwipo-2026.toml")];

/// What somebody may write in the place of something else.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "4",
    "5",
    "4294967296",
    "1e9",
    "nan",
    "true",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "{ senior = 1 }",
    "[[relay]]",
    "[[role]]",
    "[programme]",
    "1970-01-01",
    "9999-12-31",
    "2026-03-24",
    "\"2026-04-07\"",
    "2026-03-24T10:00:00Z",
    "opens_on = 2026-03-25",
    "closes_on = 2026-03-26",
    "seats = 5",
    "\"UTC\"",
    "'",
    "\"",
    "=",
    "\u{0}",
    "\u{202E}",
    "🙂",
];

#[derive(Debug, Clone)]
enum Change {
    Drop(usize),
    Double(usize),
    Move(usize, usize),
    Put(usize, usize),
    Value(usize, usize),
    Cut(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<usize>;
    prop_oneof![
        place().prop_map(Change::Drop),
        place().prop_map(Change::Double),
        (place(), place()).prop_map(|(from, to)| Change::Move(from, to)),
        (place(), place()).prop_map(|(line, word)| Change::Put(line, word)),
        (place(), place()).prop_map(|(line, word)| Change::Value(line, word)),
        place().prop_map(Change::Cut),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    for change in changes {
        let (count, word) = (lines.len().max(1), |word: usize| WORDS[word % WORDS.len()]);
        match change {
            _ if lines.is_empty() => break,
            Change::Drop(line) => drop(lines.remove(line % count)),
            Change::Double(line) => lines.insert(line % count, lines[line % count].clone()),
            Change::Move(from, to) => {
                let line = lines.remove(from % count);
                lines.insert(to % count, line);
            }
            Change::Put(line, put) => lines.insert(line % count, word(*put).to_owned()),
            Change::Value(line, value) => {
                let line = &mut lines[line % count];
                if let Some((key, _)) = line.clone().split_once('=') {
                    *line = format!("{key}= {}", word(*value));
                }
            }
            Change::Cut(line) => {
                let line = &mut lines[line % count];
                *line = line.chars().take(line.chars().count() / 2).collect();
            }
        }
    }
    lines.join("\n")
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let lines = text.matches('\n').count() + 1;
    match read(text) {
        Ok(Reading { programme, .. }) => {
            prop_assert_eq!(programme.errors(), []);
            let again =
                read(&without_dates(&programme)).map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
            let mut undated = programme;
            undated.rooms.iter_mut().for_each(|room| room.schedule = Schedule::default());
            prop_assert_eq!(again.programme, undated);
        }
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "{faults:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_programme_or_has_faults(text in any::<String>()) {
        holds(&text)?;
    }

    #[test]
    fn a_real_file_with_anything_changed_is_a_programme_or_has_faults(
        file in 0..FILES.len(),
        changes in prop::collection::vec(change(), 0..8),
    ) {
        holds(&changed(FILES[file], &changes))?;
    }
}

#[test]
fn what_is_deep_wide_or_endless_is_refused() {
    use crate::programme_file::FILE_BYTES_MAX;
    let full = |part: &str| part.repeat(FILE_BYTES_MAX / part.len());
    for text in [
        full("["),
        format!("a={}", "[".repeat(FILE_BYTES_MAX / 2)),
        format!("a={}", "{a=".repeat(FILE_BYTES_MAX / 4)),
        format!("a{}=1", ".a".repeat(FILE_BYTES_MAX / 4)),
        full("[[relay]]\n"),
        full("[[room]]\nid=\"a\"\n"),
        full("[[role]]\nid=\"a\"\nname=\"a\"\nseats=5\n"),
        full("\""),
        full("a\n"),
        (0..100_000).fold(String::new(), |text, n| text + &format!("a{n}=1\n")),
        (0..20_000).fold(String::new(), |text, n| text + &format!("[[relay]]\ndepartment=\"d{n}\"\nname=\"x\"\n")),
    ] {
        assert!(text.len() <= FILE_BYTES_MAX, "it is to be parsed");
        assert!(!faults(&text).is_empty());
    }
}
