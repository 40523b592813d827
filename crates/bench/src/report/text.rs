//! Numbers as people read them.

/// With as many digits as say something, and thousands apart.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let (whole, part) = text.split_once('.').map_or((text.as_str(), None), |(whole, part)| (whole, Some(part)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    part.map_or_else(|| format!("{sign}{grouped}"), |part| format!("{sign}{grouped}.{part}"))
}

/// A median and its quartiles.
pub(super) fn spread((median, [lower, upper]): (f64, [f64; 2])) -> String {
    format!("{} ({} to {})", number(median), number(lower), number(upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_say_something() {
        let texts = [(0.0, "0"), (0.123, "0.12"), (12.34, "12.3"), (419_000.4, "419,000"), (-1_234.0, "-1,234")];
        for (value, text) in texts {
            assert_eq!(number(value), text);
        }
        assert_eq!(spread((1.1, [1.0, 1.25])), "1.10 (1.00 to 1.25)");
    }
}
