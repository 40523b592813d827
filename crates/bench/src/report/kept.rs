//! Reports of runs as they were kept: whatever a run said, with the command that made it say so.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Its command, as it was run.
    pub command: String,
    /// What it said.
    pub report: Value,
}

impl Kept {
    /// A number, by its name.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.report.get(name)?.as_f64()
    }

    /// A median and its quartiles.
    pub fn spread(&self, name: &str) -> Option<(f64, [f64; 2])> {
        let quartiles = self.report.get(format!("{name}_quartiles"))?.as_array()?;
        let [lower, upper] = quartiles.as_slice() else { return None };
        Some((self.number(name)?, [lower.as_f64()?, upper.as_f64()?]))
    }

    /// A list's length: how often it was measured.
    pub fn count(&self, name: &str) -> usize {
        self.report.get(name).and_then(Value::as_array).map_or(0, Vec::len)
    }
}

/// All runs that were kept, by name.
#[derive(Debug, Clone, Default)]
pub struct AllKept(pub BTreeMap<String, Kept>);

impl AllKept {
    /// Reads a folder; a missing one holds none.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        let Ok(files) = fs::read_dir(folder) else { return Ok(Self(all)) };
        for file in files {
            let path = file?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(&path)?;
                let kept = serde_json::from_str(&text).with_context(|| format!("{name}.json is not what was kept"))?;
                all.insert(name, kept);
            }
        }
        Ok(Self(all))
    }

    /// Keeps one run, in the folder where there is one.
    pub fn keep(&mut self, folder: Option<&Path>, name: &str, kept: Kept) -> anyhow::Result<()> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
            fs::write(folder.join(format!("{name}.json")), serde_json::to_vec_pretty(&kept)?)?;
        }
        self.0.insert(name.to_owned(), kept);
        Ok(())
    }

    /// One run.
    pub fn get(&self, name: &str) -> Option<&Kept> {
        self.0.get(name)
    }
}
