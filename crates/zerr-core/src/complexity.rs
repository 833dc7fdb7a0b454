//! How the cost of calls grows with their size: [`Bound`], judged by counts over sizes ([`grows`]).
//!
//! Counts are taken elsewhere. What they can show is that a function grows faster than its bound;
//! that it never does cannot be seen from some sizes, so the word for the other outcome is
//! *consistent with*.

use serde::{Deserialize, Serialize};

/// What a spec says that the cost of a call grows with: `n` is the size of lists, texts, maps and
/// sets, or the value of the integers where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bound {
    /// O(1)
    Constant,
    /// O(log n)
    Logarithmic,
    /// O(n)
    Linear,
    /// O(n log n)
    Linearithmic,
    /// O(n^2)
    Quadratic,
    /// O(n^3)
    Cubic,
}

impl Bound {
    /// Every bound, the strictest first.
    pub const ALL: [Bound; 6] = [
        Self::Constant,
        Self::Logarithmic,
        Self::Linear,
        Self::Linearithmic,
        Self::Quadratic,
        Self::Cubic,
    ];

    /// As specs write it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Constant => "O(1)",
            Self::Logarithmic => "O(log n)",
            Self::Linear => "O(n)",
            Self::Linearithmic => "O(n log n)",
            Self::Quadratic => "O(n^2)",
            Self::Cubic => "O(n^3)",
        }
    }

    fn at(self, n: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Logarithmic => n.log2(),
            Self::Linear => n,
            Self::Linearithmic => n * n.log2(),
            Self::Quadratic => n * n,
            Self::Cubic => n * n * n,
        }
    }

    /// The sizes that tell this bound from the next ones, ascending, each twice the one before.
    pub fn sizes(self) -> Vec<u64> {
        let (first, count) = match self {
            Self::Constant | Self::Logarithmic => (64, 7),
            Self::Linear | Self::Linearithmic => (64, 6),
            Self::Quadratic => (16, 6),
            Self::Cubic => (8, 5),
        };
        (0..count).map(|step| first << step).collect()
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// Not one of the bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of O(1), O(log n), O(n), O(n log n), O(n^2), O(n^3)")]
pub struct UnknownBound(String);

impl TryFrom<String> for Bound {
    type Error = UnknownBound;

    /// Reads it as people write it: `O(n log n)`, `O(n²)`, `o(N*log(N))`.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |text: &str| -> String {
            let text = text.to_lowercase().replace('²', "^2").replace('³', "^3").replace("**", "^");
            text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '^' | '!')).collect()
        };
        let wanted = plain(&text);
        Self::ALL.into_iter().find(|bound| plain(bound.text()) == wanted).ok_or(UnknownBound(text))
    }
}

impl From<Bound> for String {
    fn from(bound: Bound) -> Self {
        bound.text().to_owned()
    }
}

/// What counts over sizes say.
#[derive(Clone, Debug, PartialEq)]
pub enum Growth {
    /// Not faster than the bound, as far as was seen. The exponent is that of `n` in a fit of the
    /// counts alone.
    Consistent {
        /// d log(count) / d log(n).
        exponent: f64,
    },
    /// Faster than the bound.
    Faster {
        /// d log(count) / d log(n).
        exponent: f64,
    },
    /// Fewer than four sizes have a count.
    TooFew,
}

/// Sizes that a fit needs.
const SIZES_MIN: usize = 4;

/// What the slope of count over bound may be without being called growth. One more factor `log n`
/// over these sizes is 0.2, one more factor `n` is 1.
const SLOPE_MAX: f64 = 0.3;

/// Judges counts (size, count), sizes ascending. A constant part of the cost lowers the slope at
/// small sizes, so only the last four count.
pub fn grows(bound: Bound, counts: &[(u64, u64)]) -> Growth {
    let logs: Vec<(f64, f64)> = counts
        .iter()
        .filter(|(size, _)| *size > 1)
        .map(|(size, count)| (*size as f64, (*count).max(1) as f64))
        .collect();
    let Some(last) = logs.len().checked_sub(SIZES_MIN).and_then(|from| logs.get(from..)) else {
        return Growth::TooFew;
    };
    let points = |of: fn(Bound, f64, f64) -> f64| -> Vec<(f64, f64)> {
        last.iter().map(|(n, count)| (n.ln(), of(bound, *n, *count).ln())).collect()
    };
    let exponent = slope(&points(|_, _, count| count));
    let above = slope(&points(|bound, n, count| count / bound.at(n)));
    if above > SLOPE_MAX { Growth::Faster { exponent } } else { Growth::Consistent { exponent } }
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let under: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    over / under
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(bound: Bound, cost: impl Fn(f64) -> f64) -> Growth {
        let counts: Vec<(u64, u64)> =
            bound.sizes().into_iter().map(|n| (n, cost(n as f64) as u64)).collect();
        grows(bound, &counts)
    }

    #[test]
    fn a_cost_is_consistent_with_its_own_bound_and_refutes_the_one_a_factor_n_below() {
        let next = [Bound::Linear, Bound::Linearithmic, Bound::Quadratic, Bound::Cubic];
        for pair in next.windows(2) {
            let &[low, high] = pair else { panic!() };
            let cost = |bound: Bound| move |n: f64| 900.0 + 40.0 * bound.at(n);
            assert!(matches!(counts(high, cost(high)), Growth::Consistent { .. }), "{high}");
            let is_factor_n = low != Bound::Linear;
            let verdict = counts(low, cost(high));
            assert_eq!(matches!(verdict, Growth::Faster { .. }), is_factor_n, "{low} {verdict:?}");
        }
        let Growth::Faster { exponent } = counts(Bound::Logarithmic, |n| 30.0 * n) else {
            panic!()
        };
        assert!((exponent - 1.0).abs() < 0.01);
        assert!(matches!(counts(Bound::Constant, |_| 7.0), Growth::Consistent { .. }));
        assert!(matches!(counts(Bound::Constant, |n| 5.0 * n), Growth::Faster { .. }));
    }

    #[test]
    fn three_sizes_say_nothing() {
        assert_eq!(grows(Bound::Linear, &[(8, 1), (16, 9), (32, 99)]), Growth::TooFew);
    }

    #[test]
    fn bounds_are_read_as_people_write_them() {
        for (text, bound) in [
            ("O(n log n)", Bound::Linearithmic),
            ("O(n * log(n))", Bound::Linearithmic),
            ("O(n²)", Bound::Quadratic),
            ("o(N**2)", Bound::Quadratic),
            ("O(1)", Bound::Constant),
        ] {
            assert_eq!(Bound::try_from(text.to_owned()), Ok(bound), "{text}");
        }
        assert!(Bound::try_from("O(n!)".to_owned()).is_err());
    }
}
