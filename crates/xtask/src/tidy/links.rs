//! Every relative link in prose leads to a file that exists, and to a heading that exists.

use super::Finding;
use super::source::Source;
use std::collections::HashSet;

/// Whether all links of all Markdown files lead somewhere.
pub(super) fn check(sources: &[Source], exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.kind() == "md") {
        for (line, link) in links(&source.text) {
            if let Some(what) = broken(source, &link, sources, exists) {
                findings.push(Finding::new(&source.path, line, format!("`{link}` {what}; correct the link")));
            }
        }
    }
    findings
}

fn broken(from: &Source, link: &str, sources: &[Source], exists: &dyn Fn(&str) -> bool) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let Some(path) = (if file.is_empty() { Some(from.path.clone()) } else { resolved(&from.path, file) }) else {
        return Some("leaves the repository".to_owned());
    };
    if !exists(&path) {
        return Some(format!("leads to {path}, which does not exist"));
    }
    let target = sources.iter().find(|source| source.path == path && source.kind() == "md")?;
    let known = heading.is_empty() || headings(&target.text).contains(heading);
    (!known).then(|| format!("leads to no heading of {path}"))
}

/// A link's path from the top of the repository.
fn resolved(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = if link.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Links with their lines: `](…)`, `src="…"` and `[name]: …`, outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, prose) in prose(text) {
        let inline = prose.split("](").skip(1).filter_map(|after| after.split([')', ' ']).next());
        let images = prose.split("src=\"").skip(1).filter_map(|after| after.split('"').next());
        let named = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, link)| link.trim());
        links.extend(inline.chain(images).chain(named).map(|link| (line, link.trim_matches(['<', '>']).to_owned())));
    }
    links
}

/// Lines outside fences, without code in backticks.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line.split('`').step_by(2).collect()));
        }
    }
    lines
}

/// The anchors that a forge makes of a file's headings.
fn headings(text: &str) -> HashSet<String> {
    let mut fenced = false;
    let mut anchors = HashSet::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if !fenced && line.starts_with('#') {
            anchors.insert(anchor(line.trim_start_matches('#').trim()));
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let page = |path: &str, text: &str| Source::new(path.to_owned(), text.to_owned());
        let sources = [page("docs/a.md", text), page("README.md", "# Promises, and their proof\n")];
        let exists = |path: &str| ["README.md", "docs/a.md", "docs/adr"].contains(&path);
        check(&sources, &exists).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert!(found("see\n[the plan](plan.md)").concat().contains("docs/a.md:2: `plan.md` leads to docs/plan.md"));
        assert!(found("[up](../../etc/passwd)").concat().contains("leaves the repository"));
        assert!(found("[proof](../README.md#proof)").concat().contains("no heading"));
        assert_eq!(found("<img src=\"x.png\">\n[x]: y.md").len(), 2);
    }

    #[test]
    fn good_links_and_code_are_left_alone() {
        let text = "# A b\n[1](../README.md#promises-and-their-proof) [2](/README.md) [3](adr/) [4](#a-b) [5](https://a.b/c)\n\
                    `[6](nowhere.md)`\n```\n[7](nowhere.md)\n```\n";
        assert_eq!(found(text), [""; 0]);
    }
}
