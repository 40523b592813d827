//! Which inputs are worth keeping: those that reach most, in libFuzzer's account of a merge.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Most inputs that are kept for one target: a test replays them, and people look at them.
const KEPT_MAX: usize = 45;

struct Input<'a> {
    path: &'a str,
    reaches: BTreeSet<u32>,
}

/// Reads a merge's control file: the number of files, that of those that are kept already, their paths, and then for each a line
/// `FT <index> <feature> …` among others. Gives the files that reach most together.
pub(super) fn covering(control: &str) -> Vec<PathBuf> {
    let mut left = inputs(control);
    let mut kept = Vec::new();
    while kept.len() < KEPT_MAX {
        let most = left.iter().enumerate().max_by_key(|(index, input)| (input.reaches.len(), usize::MAX - index));
        let Some((index, _)) = most.filter(|(_, input)| !input.reaches.is_empty()) else { break };
        let chosen = left.swap_remove(index);
        for input in &mut left {
            input.reaches.retain(|feature| !chosen.reaches.contains(feature));
        }
        kept.push(PathBuf::from(chosen.path));
    }
    kept
}

fn inputs(control: &str) -> Vec<Input<'_>> {
    let mut lines = control.lines();
    let count = lines.next().and_then(|count| count.parse().ok()).unwrap_or_default();
    let paths: Vec<&str> = lines.by_ref().skip(1).take(count).collect();
    let features = lines.filter_map(|line| {
        let mut numbers = line.strip_prefix("FT ")?.split_ascii_whitespace().filter_map(|number| number.parse().ok());
        let path = paths.get(usize::try_from(numbers.next()?).ok()?)?;
        Some(Input { path, reaches: numbers.collect() })
    });
    features.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_that_reach_most_together_are_kept() {
        let control = "3\n0\na/one\na/two words\na/three\nSTARTED 0 5\nFT 0 1 2\nCOV 0 9\nSTARTED 1 7\nFT 1 1 2 3\nSTARTED 2 1\nFT 2 4\n";
        assert_eq!(covering(control), [PathBuf::from("a/two words"), PathBuf::from("a/three")]);
        assert!(covering("").is_empty());
    }

    #[test]
    fn no_more_are_kept_than_people_look_at() {
        let (mut paths, mut features) = (String::new(), String::new());
        for n in 0..100 {
            paths = format!("{paths}{n}\n");
            features = format!("{features}FT {n} {n}\n");
        }
        assert_eq!(covering(&format!("100\n0\n{paths}{features}")).len(), KEPT_MAX);
    }
}
