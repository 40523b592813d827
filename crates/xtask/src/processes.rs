//! Ends a process together with everything that it started.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};

/// Kills a process and its descendants, the youngest generation last, so that nobody is left to start more.
pub(crate) fn kill_tree(root: u32) {
    let mut doomed = vec![root];
    let children = children_by_parent();
    let mut next = 0;
    while let Some(parent) = doomed.get(next) {
        doomed.extend(children.get(parent).into_iter().flatten().copied().collect::<Vec<_>>());
        next += 1;
    }
    let ids = doomed.iter().map(ToString::to_string);
    // Those that have ended meanwhile are no failure.
    let _ = Command::new("kill").arg("-KILL").args(ids).stderr(Stdio::null()).status();
}

fn children_by_parent() -> HashMap<u32, Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some(parent) = parent_of(&stat) {
            children.entry(parent).or_default().push(id);
        }
    }
    children
}

/// `id (name) state parent …`, where the name may hold spaces and brackets.
fn parent_of(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_name_with_brackets_does_not_hide_the_parent() {
        assert_eq!(parent_of("17 (a) b (c) S 4 17 17 0"), Some(4));
        assert_eq!(parent_of("17"), None);
    }

    #[test]
    fn grandchildren_end_with_their_grandparent() {
        let mut child = Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().expect("sh");
        let grandchild = loop {
            if let Some([id, ..]) = children_by_parent().get(&child.id()).map(Vec::as_slice) {
                break *id;
            }
        };
        kill_tree(child.id());
        assert_eq!(child.wait().expect("waits").signal(), Some(9));
        let state = || fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        while !state().is_empty() && !state().contains(") Z") {
            std::thread::yield_now();
        }
    }
}
