//! Pinned packages of a `requirements.txt`: [`read`].
//!
//! # Non-goals
//! What is not pinned with `==` has no version to look up, and files that this one includes
//! (`-r`, `-c`) are files of their own: both are passed over, as are lines that pip would refuse.

use pep440_rs::{Operator, Version, VersionSpecifiers};
use zerr_core::verdict::Region;

use super::python_lock::Locked;

/// In the order of the file.
pub(super) fn read(text: &str) -> Vec<Locked> {
    logical_lines(text)
        .into_iter()
        .filter_map(|(region, line)| {
            let (name, version) = pin(&line)?;
            Some(Locked {
                name: name.to_owned(),
                version: version.to_string(),
                region: Some(region),
            })
        })
        .collect()
}

/// Lines with their continuations, as pip joins them: a comment ends a continued line.
fn logical_lines(text: &str) -> Vec<(Region, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(Region, String)> = None;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            lines.extend(open.take());
            continue;
        }
        let (region, joined) = open.get_or_insert_with(|| (Region::line(index + 1), String::new()));
        region.end_line = index + 1;
        if let Some(continued) = line.strip_suffix('\\') {
            joined.push_str(continued);
        } else {
            joined.push_str(line);
            lines.extend(open.take());
        }
    }
    lines.extend(open);
    lines
}

/// `name[extra]==1.2 ; marker --hash=…  # comment`
fn pin(line: &str) -> Option<(&str, Version)> {
    let line = before(before(before(line, " #"), "\t#"), " --");
    let line = before(line, ";").trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let (name, rest) = line.split_at_checked(end?)?;
    if name.is_empty() || name.starts_with('-') {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.trim().trim_start_matches('(').trim_end_matches(')');
    let specifiers: VersionSpecifiers = rest.parse().ok()?;
    let is_pin = |operator: &Operator| matches!(operator, Operator::Equal | Operator::ExactEqual);
    let pin = specifiers.iter().find(|specifier| is_pin(specifier.operator()))?;
    Some((name, pin.version().clone()))
}

fn before<'a>(line: &'a str, mark: &str) -> &'a str {
    line.split_once(mark).map_or(line, |(before, _)| before)
}
