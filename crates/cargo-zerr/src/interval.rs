//! Clopper-Pearson intervals of shares.

use statrs::distribution::{Beta, ContinuousCDF as _};

/// Confidence of the bounds, both sides together.
const CONFIDENCE: f64 = 0.95;

/// The interval of a share, `right` of `all`; from 0 to 1 where there are none.
pub(crate) fn of_share(right: u32, all: u32) -> (f64, f64) {
    let wrong = all.saturating_sub(right);
    let quantile = |a: u32, b: u32, at: f64, none: f64| {
        Beta::new(f64::from(a), f64::from(b)).map_or(none, |beta| beta.inverse_cdf(at))
    };
    let half = (1.0 - CONFIDENCE) / 2.0;
    let low = if right == 0 { 0.0 } else { quantile(right, wrong + 1, half, 0.0) };
    let high = if wrong == 0 { 1.0 } else { quantile(right + 1, wrong, 1.0 - half, 1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_tables() {
        let near = |(low, high): (f64, f64), a: f64, b: f64| {
            assert!((low - a).abs() < 1e-4 && (high - b).abs() < 1e-4, "{low} {high}");
        };
        near(of_share(0, 10), 0.0, 0.3085);
        near(of_share(10, 10), 0.6915, 1.0);
        near(of_share(8, 10), 0.4439, 0.9748);
        near(of_share(0, 0), 0.0, 1.0);
        // 0 wrong of 1,500 leaves 99.75 %.
        assert!((of_share(1500, 1500).0 - 0.99754).abs() < 1e-4);
    }
}
