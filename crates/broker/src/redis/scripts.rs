//! The scripts that run in Redis: each is one step that nothing comes between.

use redis::{Cmd, Script};
use std::sync::LazyLock;

/// A script, and the name that the server knows it by.
pub(crate) struct Known {
    code: &'static str,
    script: LazyLock<Script>,
}

macro_rules! scripts {
    ($($name:ident = $file:literal),+ $(,)?) => {
        $(pub(crate) static $name: Known = Known {
            code: include_str!($file),
            script: LazyLock::new(|| Script::new(include_str!($file))),
        };)+

        /// All of them, for a server that does not know them yet.
        static ALL: &[&Known] = &[$(&$name),+];
    };
}

scripts! {
    PUBLISH = "scripts/publish.lua",
    STAND = "scripts/stand.lua",
    RESTORE = "scripts/restore.lua",
    BEGIN_EPOCH = "scripts/begin_epoch.lua",
    ERASE = "scripts/erase.lua",
    TRIM = "scripts/trim.lua",
    DESTROY = "scripts/destroy.lua",
}

impl Known {
    /// A call of it for one key. Arguments are added by the caller.
    pub(crate) fn on(&self, key: &str) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(self.script.get_hash()).arg(1).arg(key);
        call
    }
}

/// Brings all scripts to a server.
pub(crate) fn loading() -> redis::Pipeline {
    let mut pipeline = redis::Pipeline::with_capacity(ALL.len());
    for script in ALL {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.code);
    }
    pipeline
}

/// How many replies `loading` gets.
pub(crate) fn count() -> usize {
    ALL.len()
}
