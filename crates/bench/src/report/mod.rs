//! The report of all benches: a page with the table of what was promised and reached, and its plots. It is made of runs that were kept, so that rows
//! can be measured in several sittings, and the page be written again without measuring.

mod kept;
mod page;
mod pictures;
mod plot;
mod rows;
mod text;

pub use kept::{AllKept, Kept};
pub use page::write;
pub use rows::{Figure, RUNS, Run, figures};

#[cfg(test)]
mod tests;
