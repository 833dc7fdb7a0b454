//! Integers of any size from their digits in any base, as decimal text: [`decimal`].

use std::fmt::Write;

/// Most digits that are converted; the conversion's time grows with their square.
const DIGITS_MAX: usize = 4000;

/// Decimal text without leading zeros of an integer written as `0x1F`, `0b1`, `0o7` or `1_000`.
pub(super) fn decimal(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    let lower = clean.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || digits.len() > DIGITS_MAX {
        return None;
    }
    if base == 10 {
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let trimmed = digits.trim_start_matches('0');
        return Some(if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() });
    }
    // Limbs of nine decimal digits, least first.
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(base)?);
        for limb in &mut limbs {
            let value = *limb * u64::from(base) + carry;
            *limb = value % 1_000_000_000;
            carry = value / 1_000_000_000;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let (last, rest) = limbs.split_last()?;
    let mut out = last.to_string();
    for limb in rest.iter().rev() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{limb:09}");
    }
    Some(out)
}
