//! What a bench ran on: figures without it say nothing.

use rustix::fs::statfs;
use serde::Serialize;
use std::fs::read_to_string;
use std::path::Path;

/// `f_type` of a file system in memory, where nothing is durable.
const TMPFS: u64 = 0x0102_1994;

/// The machine, as the operating system describes it.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor.
    pub cpu: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// RAM.
    pub memory_bytes: u64,
    /// The kernel's release.
    pub kernel: String,
    /// Whether the data were on a disk, and not in memory.
    pub on_disk: bool,
}

impl Machine {
    /// This one, with the data in this folder.
    pub fn describe(data: &Path) -> Self {
        let field = |file: &str, key: &str| {
            let text = read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).to_owned()
        };
        let memory = field("/proc/meminfo", "MemTotal");
        let kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
        Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kib * 1_024,
            kernel: read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            on_disk: statfs(data).is_ok_and(|fs| u64::try_from(fs.f_type) != Ok(TMPFS)),
        }
    }
}
