//! When a member writes: spread over the time, within the rate that the server allows.

use kkanbu_wire::LimitsInfo;
use std::time::Duration;

/// Share of the allowed rate that is used: repeated sendings after a kill count again at the server.
const SHARE: f64 = 0.9;

/// The gap between two writes of a member who writes for `writing` and uses up the burst on the way.
pub(super) fn gap(limits: &LimitsInfo, writing: Duration) -> Duration {
    let seconds = writing.as_secs_f64().max(1.0);
    let allowed = f64::from(limits.posts_burst) + f64::from(limits.posts_per_minute) / 60.0 * seconds;
    writing.div_f64((allowed * SHARE).max(1.0))
}

/// When write number `number` is due; `random`, from 0 to 1, keeps members from writing in step.
pub(super) fn due(gap: Duration, number: u32, random: f64) -> Duration {
    gap.saturating_mul(number) + gap.mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(posts_per_minute: u32, posts_burst: u32) -> LimitsInfo {
        LimitsInfo {
            frame_bytes_max: 1,
            body_graphemes_max: 1,
            body_bytes_max: 1,
            mentions_max: 1,
            history_posts_max: 1,
            posts_per_minute,
            posts_burst,
            heartbeat_seconds: 1,
            rooms_max: 1,
        }
    }

    #[test]
    fn a_member_stays_within_the_server_s_bucket() {
        for (per_minute, burst, seconds) in [(30, 10, 10), (30, 10, 600), (60, 1, 5), (1, 1, 10)] {
            let gap = gap(&limits(per_minute, burst), Duration::from_secs(seconds));
            let mut tokens = f64::from(burst);
            let mut last = Duration::ZERO;
            for number in 0.. {
                // The worst case: the first late, the others early.
                let at = due(gap, number, if number == 0 { 0.99 } else { 0.0 });
                if at >= Duration::from_secs(seconds) {
                    break;
                }
                tokens += (at.saturating_sub(last)).as_secs_f64() * f64::from(per_minute) / 60.0 - 1.0;
                last = at.max(last);
                assert!(tokens > -1.0, "{per_minute} {burst} {seconds}: {tokens} at {number}");
            }
        }
    }
}
