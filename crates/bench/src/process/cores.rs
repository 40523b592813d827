//! Which core runs what: the program under test on its own, the load on another, so that neither takes the other's time.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity};

/// Who gets which cores. Empty where there is none to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores {
    /// The server, the floor or a peer.
    pub target: Vec<usize>,
    /// The generators.
    pub generators: Vec<usize>,
}

impl Cores {
    /// Divides the cores that this process may run on: the first ones for the target, the last one for the load.
    pub fn divide(workers: usize) -> Self {
        Self::of(&allowed(None), workers)
    }

    fn of(cores: &[usize], workers: usize) -> Self {
        let target = cores.iter().copied().take(workers).collect();
        let generators: Vec<usize> = cores.last().copied().into_iter().collect();
        if cores.len() < 2 { Self { target: Vec::new(), generators: Vec::new() } } else { Self { target, generators } }
    }

    /// Whether these processes run where they should, and apart from each other.
    pub fn are_apart(&self, target: u32, generator: u32) -> bool {
        let kept = |process: u32, cores: &[usize]| allowed(Pid::from_raw(process.cast_signed())) == cores;
        let overlap = self.target.iter().any(|core| self.generators.contains(core));
        !self.target.is_empty() && !overlap && kept(target, &self.target) && kept(generator, &self.generators)
    }
}

/// The cores that a process may run on; this one where none is named.
fn allowed(process: Option<Pid>) -> Vec<usize> {
    sched_getaffinity(process)
        .map_or_else(|_| Vec::new(), |set| (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_has_a_core_that_the_target_has_not_where_there_are_enough() {
        let of = |cores: &[usize], workers| {
            let Cores { target, generators } = Cores::of(cores, workers);
            (target, generators)
        };
        assert_eq!(of(&[0, 1], 1), (vec![0], vec![1]));
        assert_eq!(of(&[2, 5, 7], 2), (vec![2, 5], vec![7]));
        assert_eq!(of(&[0, 1], 2), (vec![0, 1], vec![1]));
        assert_eq!(of(&[0], 1), (vec![], vec![]));
    }
}
