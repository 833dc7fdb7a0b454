//! JSON as Python's `json` writes it: [`from_str`] also reads `NaN`, `Infinity` and halves of surrogate
//! pairs, which JSON does not have and recordings of models do.

use serde::de::DeserializeOwned;

/// Reads one JSON value; a number that is none becomes `null`, half of a pair U+FFFD.
///
/// # Errors
/// Of the text as it is.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let mended = mended(text);
        if mended == text { Err(error) } else { serde_json::from_str(&mended).map_err(|_| error) }
    })
}

fn mended(text: &str) -> String {
    const NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside = false;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        if inside && first == '\\' {
            let escape;
            (escape, taken) = match surrogate(rest) {
                Some(high) if (0xD800..0xDC00).contains(&high) => {
                    let low = rest.get(6..).and_then(surrogate);
                    match low.filter(|low| (0xDC00..0xE000).contains(low)) {
                        Some(_) => (rest.get(..12).unwrap_or(rest), 12),
                        None => ("\\ufffd", 6),
                    }
                }
                Some(low) if (0xDC00..0xE000).contains(&low) => ("\\ufffd", 6),
                _ => rest.get(..2).map_or((rest, rest.len()), |two| (two, 2)),
            };
            out.push_str(escape);
        } else if let Some(number) = NUMBERS.iter().find(|it| !inside && rest.starts_with(**it)) {
            taken = number.len();
            out.push_str("null");
        } else {
            inside ^= first == '"';
            out.push(first);
        }
        rest = rest.get(taken..).unwrap_or("");
    }
    out
}

/// The number of an escape `\uXXXX`.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_python_writes_is_read() {
        let text = r#"{"t": NaN, "i": [-Infinity, Infinity], "s": "NaN \"\ud83e\udd80\" \ud800x\udc00 \\ud800"}"#;
        let read: Value = from_str(text).unwrap();
        let s = "NaN \"🦀\" \u{fffd}x\u{fffd} \\ud800";
        assert_eq!(read, json!({"t": null, "i": [null, null], "s": s}));
        assert!(from_str::<Value>("{\"a\": NaNs}").is_err());
        assert!(from_str::<Value>("{\"a\": \"\\ud8").is_err());
    }
}
