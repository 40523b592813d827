//! Where the text of a programme file comes from: the binary itself, or a file.

use super::{BUILT_IN, FILE_BYTES_MAX, Reading, read};
use crate::config::ConfigErrors;
use crate::toml_fields::Fault;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The programme of this id that is built in, or the one in this file.
pub(crate) fn load(which: &Path) -> Result<Reading, ConfigErrors> {
    let built_in = BUILT_IN.iter().find(|(id, _)| Path::new(id) == which);
    let reading = match built_in {
        Some((_, text)) => read(text),
        None if which.exists() => read_file(which),
        None => {
            let ids: Vec<&str> = BUILT_IN.iter().map(|(id, _)| *id).collect();
            let what = format!("there is no such file; built in are {}", ids.join(" and "));
            Err(vec![Fault { line: 1, what }])
        }
    };
    reading.map_err(|faults| ConfigErrors::new(which, faults))
}

/// Reads a programme file.
pub(crate) fn read_file(path: &Path) -> Result<Reading, Vec<Fault>> {
    let fault = |line, what| vec![Fault { line, what }];
    let bytes = bytes(path).map_err(|error| fault(1, format!("can't be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        fault(before.filter(|byte| **byte == b'\n').count() + 1, "this is not UTF-8".to_owned())
    })?;
    read(&text)
}

/// No more than shows that it is too much.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(content: &[u8]) -> Vec<Fault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        read_file(file.path()).unwrap_err()
    }

    #[test]
    fn what_is_built_in_goes_by_its_id_and_all_else_is_a_file() {
        for (id, _) in BUILT_IN {
            assert_eq!(load(Path::new(id)).unwrap().programme.id.as_str(), id);
        }
        let error = load(Path::new("no-such-file")).unwrap_err().to_string();
        let said = "no-such-file: line 1: there is no such file; built in are anyang-2022 and seogwipo-2026";
        assert_eq!(error, said);
        assert!(load(Path::new("/")).unwrap_err().to_string().contains("can't be read"));
    }

    #[test]
    fn what_is_too_large_or_no_text_is_said() {
        let large = faults_of(&vec![b'#'; FILE_BYTES_MAX + 1]);
        assert!(large[0].what.contains("at most 1048576 bytes"), "{large:?}");
        let latin = faults_of(b"[programme]\nname = \"caf\xe9\"\n");
        assert_eq!(latin, [Fault { line: 2, what: "this is not UTF-8".to_owned() }]);
    }
}
