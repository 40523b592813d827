//! Runs a fuzz target on its corpus and on every input that ever broke it. The crates' unit tests take this file in.

use std::fs;
use std::path::Path;

/// Calls a target with each of its inputs. The last name printed is the one that fails.
pub(crate) fn replay(target: &str, run: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz");
    let mut count = 0;
    for folder in ["corpus", "regressions"] {
        // Nothing was found in a target that has no folder of regressions.
        for input in fs::read_dir(fuzz.join(folder).join(target)).into_iter().flatten() {
            let path = input.unwrap().path();
            println!("{}", path.display());
            run(&fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count > 0, "no corpus of {target} in {}", fuzz.display());
}
