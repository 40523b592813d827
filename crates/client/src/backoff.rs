//! How long to wait before coming back: full jitter under a ceiling, as the contract gives it.

use std::time::Duration;

/// What the first wait is at most.
const FIRST: Duration = Duration::from_millis(500);

/// What any wait is at most.
pub(crate) const CEILING: Duration = Duration::from_secs(30);

/// The wait before attempt number `attempt` (the first is 0): `random`, from 0 to 1, of min(30 s, 0.5 s × 2^attempt).
pub fn full_jitter(attempt: u32, random: f64) -> Duration {
    under(CEILING, attempt, random)
}

fn under(ceiling: Duration, attempt: u32, random: f64) -> Duration {
    let doubled = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
    let ceiling = FIRST.saturating_mul(doubled).min(ceiling);
    let share = if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.0 };
    ceiling.mul_f64(share)
}

/// The wait with a random share of at most `ceiling`.
pub(crate) fn wait(attempt: u32, ceiling: Duration) -> Duration {
    under(ceiling, attempt, rand::random())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ceilings_double_and_stop_at_half_a_minute() {
        let at = |attempt| full_jitter(attempt, 1.0);
        assert_eq!(at(0), Duration::from_millis(500));
        assert_eq!(at(1), Duration::from_secs(1));
        assert_eq!(at(5), Duration::from_secs(16));
        assert_eq!(at(6), Duration::from_secs(30));
        assert_eq!(at(31), Duration::from_secs(30));
        assert_eq!(at(u32::MAX), Duration::from_secs(30));
    }

    proptest! {
        #[test]
        fn waits_stay_under_the_ceiling_and_grow_with_the_share(attempt: u32, a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(full_jitter(attempt, low) <= full_jitter(attempt, high));
            prop_assert!(full_jitter(attempt, high) <= CEILING);
            prop_assert!(full_jitter(attempt, high) <= full_jitter(attempt.saturating_add(1), high));
        }

        #[test]
        fn any_float_is_a_share(attempt: u32, random: f64) {
            prop_assert!(full_jitter(attempt, random) <= CEILING);
        }
    }
}
