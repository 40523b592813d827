//! The binary. Everything it does is in the library, which tests/fuzz reaches too.

use std::process::ExitCode;

fn main() -> ExitCode {
    kkanbu::main()
}
