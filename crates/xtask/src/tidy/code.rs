//! Rust code without its comments and without what stands in quotes, line by line where it was: so that a word in a
//! message or an explanation breaks no rule.

/// Blanks comments and the inside of strings and characters.
pub(super) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (length, is_code) = next(rest);
        let (token, after) = rest.split_at(length);
        if is_code {
            code.push_str(token);
        } else {
            code.extend(token.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    code
}

/// The length of what comes next, and whether it is code.
fn next(rest: &str) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = raw_string(rest) {
        return (length, false);
    }
    match rest.chars().next() {
        Some('"') => (quoted(rest), false),
        Some('\'') => character(rest).map_or((1, true), |length| (length, false)),
        Some(letter) if is_word(letter) => (rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()), true),
        Some(letter) => (letter.len_utf8(), true),
        None => (0, true),
    }
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(after) = rest.get(at..).filter(|after| !after.is_empty()) {
        if after.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if after.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += after.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// `r"…"`, `r#"…"#`, `br"…"` and so on.
fn raw_string(rest: &str) -> Option<usize> {
    let after_r = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let body = after_r.trim_start_matches('#');
    let hashes = after_r.len() - body.len();
    let inside = body.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inside.find(&close).map_or(inside.len(), |at| at + close.len());
    Some(rest.len() - inside.len() + end)
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character, where the quote is not a lifetime's.
fn character(rest: &str) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    let (_, first) = letters.next()?;
    if first == '\\' {
        // The letter after the backslash may be a quote itself.
        let end = letters.skip(1).find(|(_, letter)| *letter == '\'')?;
        return Some(end.0 + 1);
    }
    letters.next().filter(|(_, letter)| *letter == '\'').map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::code_only;

    #[test]
    fn comments_and_quotes_are_blank_and_lines_stay() {
        let text = "let a = \"serde\\\"\"; // serde\n/* serde /* serde */\nserde */ use tokio;\n";
        assert_eq!(
            code_only(text),
            format!("let a = {};{}\n{}\n{} use tokio;\n", blank(9), blank(9), blank(20), blank(8))
        );
    }

    #[test]
    fn raw_strings_characters_and_lifetimes_are_told_apart() {
        let code = code_only("fn f<'a>(x: &'a str) { g(r#\"say \"serde\"\"#, '\"', '\\'', b\"x\", for_bar) }");
        assert!(!code.contains("serde") && !code.contains('"'), "{code}");
        assert!(code.contains("fn f<'a>(x: &'a str)") && code.ends_with("for_bar) }"), "{code}");
    }

    fn blank(length: usize) -> String {
        " ".repeat(length)
    }
}
