//! Medians and quartiles of what was measured again and again.

use serde::Serialize;

/// The middle of some measurements, and the quarter below and above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Half are below.
    pub median: f64,
    /// A quarter is below, and a quarter is above.
    pub quartiles: [f64; 2],
}

impl Spread {
    /// Of these; 0 where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part| quantile(&sorted, part);
        Self { median: at(0.5), quartiles: [at(0.25), at(0.75)] }
    }
}

/// Between the two nearest ranks, each weighing the more the nearer it is.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * to_f64(sorted.len().saturating_sub(1) as u64);
    let weight = |rank: usize| (1.0 - (to_f64(rank as u64) - place).abs()).max(0.0);
    sorted.iter().enumerate().map(|(rank, value)| value * weight(rank)).sum()
}

/// Counts of a bench stay far below the numbers that a float does not tell apart.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench are below 2^53")]
pub(crate) const fn to_f64(count: u64) -> f64 {
    count as f64
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` keeps to the range")]
pub(crate) const fn to_u64(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quartiles_lie_between_the_nearest_ranks() {
        let near = |spread: Spread, expected: [f64; 3]| {
            let [lower, upper] = spread.quartiles;
            let found = [lower, spread.median, upper];
            assert!(found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-9), "{found:?}");
        };
        near(Spread::of([5.0, 1.0, 3.0, 2.0, 4.0]), [2.0, 3.0, 4.0]);
        near(Spread::of([1.0, 2.0]), [1.25, 1.5, 1.75]);
        near(Spread::of([7.0]), [7.0; 3]);
        near(Spread::of([f64::NAN]), [0.0; 3]);
    }
}
