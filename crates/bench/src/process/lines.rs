//! How the processes of a bench talk: one JSON object a line, on standard input and output.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, Write};

/// Tells whoever started this process.
pub(crate) fn tell(what: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()?;
    Ok(())
}

/// Reads line by line until there are no more, or `each` says that it wants none.
pub(crate) fn read_each<T: DeserializeOwned>(mut each: impl FnMut(anyhow::Result<T>) -> bool) {
    for line in io::stdin().lock().lines() {
        let read = line.map_err(anyhow::Error::from).and_then(|line| Ok(serde_json::from_str(&line)?));
        if !each(read) {
            return;
        }
    }
}
