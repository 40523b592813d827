//! What a demo tells those who want to try moderating.

use kkanbu_model::Programme;
use std::path::Path;

/// Commands that can be pasted into another terminal, with the words around them.
pub(in crate::commands) fn for_moderators(programme: &Programme, socket: &Path) -> Vec<String> {
    let Some(room) = programme.rooms.first() else { return Vec::new() };
    let (socket, of) = (quoted(socket), format!("{} {}", programme.id, room.id));
    let mut lines = vec![String::new(), "  To moderate, in another terminal:".to_owned(), String::new()];
    for what in [
        format!("room posts {of}"),
        format!("room freeze {of}"),
        format!("room thaw {of}"),
        format!("room notice {of} 'Back at two.'"),
        format!("post hide {of} 1"),
    ] {
        lines.push(format!("    kkanbu admin --socket {socket} {what}"));
    }
    lines
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = path.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ','));
    if plain { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::path::Path;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("/tmp/kkanbu-demo/admin.sock")), "/tmp/kkanbu-demo/admin.sock");
        assert_eq!(quoted(Path::new("/tmp/my demo/it's")), r"'/tmp/my demo/it'\''s'");
    }
}
