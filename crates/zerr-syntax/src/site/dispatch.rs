//! Other bodies in a function's place: one, or several of which the environment chooses.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Site, lines};
use crate::Language;

/// The environment variable that says which body is run; the function panics without it.
pub const WHICH_VARIABLE: &str = "ZERR_CANDIDATE";

/// The environment variable with the file that a function without a chosen body writes its caller's
/// thread to, a line each.
pub const REACHED_VARIABLE: &str = "ZERR_REACHED";

/// A file with other bodies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// Its whole text.
    pub text: String,
    /// For each body the 1-based lines that are its own.
    pub lines: Vec<Range<usize>>,
}

impl Dispatched {
    /// Whose line this is.
    pub fn body_at(&self, line: usize) -> Option<usize> {
        self.lines.iter().position(|lines| lines.contains(&line))
    }
}

/// The file's text with all `bodies` in the function's place; [`WHICH_VARIABLE`] chooses by position.
/// All of them are compiled at once and stand in scopes of their own.
///
/// `None` for what cannot choose while it runs: constant functions, those whose type only the body
/// says, and Python, where one `yield` would change all bodies. [`replace`] is for those.
pub fn dispatch(site: &Site, text: &str, bodies: &[String]) -> Option<Dispatched> {
    if site.language != Language::Rust || site.form.is_const || site.form.is_opaque {
        return None;
    }
    let (before, after) = (text.get(..site.body.start)?, text.get(site.body.end..)?);
    let mut out = format!("{before}{PROLOGUE}\nmatch __zerr_which() {{");
    let mut lines = Vec::with_capacity(bodies.len());
    for (at, body) in bodies.iter().enumerate() {
        let _ = writeln!(out, "\n{at}usize =>");
        let first = out.matches('\n').count() + 1;
        out.push_str(body.trim());
        let last = out.matches('\n').count() + 1;
        lines.push(first..last + 1);
        out.push_str("\n,");
    }
    out.push_str("\n_ => __zerr_reached(),\n}}");
    out.push_str(after);
    Some(Dispatched { text: out, lines })
}

/// The file's text while the Rust function has no body: it panics with "not written yet", and where it
/// can read the environment it tells before who came there ([`REACHED_VARIABLE`]).
///
/// What stands there now says which type is hidden behind `impl Trait`, and is never run.
pub fn unwritten(site: &Site, text: &str) -> Option<String> {
    if site.language != Language::Rust {
        return None;
    }
    if site.form.is_const {
        return replace(site, text, "{ panic!(\"not written yet\") }");
    }
    if !site.form.is_opaque {
        return dispatch(site, text, &[]).map(|made| made.text);
    }
    let (before, after) = (text.get(..site.body.start)?, text.get(site.body.end..)?);
    let own = site.body.text(text);
    Some(format!(
        "{before}{PROLOGUE}\nif __zerr_which() == usize::MAX {{\n__zerr_reached()\n}}\n{own}\n}}{after}"
    ))
}

/// The file's text with one body in the function's place, moved to its indentation.
///
/// `None` for a body whose lines cannot be moved.
pub fn replace(site: &Site, text: &str, body: &str) -> Option<String> {
    let replaced = replace_lines(site, text, body)?;
    // A file's lines end in one way.
    let (before, after) = (text.get(..site.body.start)?, text.get(site.body.end..)?);
    if !before.contains("\r\n") && !after.contains("\r\n") {
        return Some(replaced);
    }
    let kept = replaced.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let (before, body) = match kept {
        Some(body) => (before, body),
        // What stood behind the head on its line was moved as well.
        None => ("", replaced.strip_suffix(after)?),
    };
    Some(format!("{before}{}{after}", body.replace("\r\n", "\n").replace('\n', "\r\n")))
}

fn replace_lines(site: &Site, text: &str, body: &str) -> Option<String> {
    let (before, after) = (text.get(..site.body.start)?, text.get(site.body.end..)?);
    Some(match site.language {
        Language::Rust => format!("{before}{}{after}", body.trim()),
        Language::Python => {
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let lead = before.get(line_start..)?;
            let indent: String = lead.chars().take_while(|c| c.is_whitespace()).collect();
            // Behind the colon, or behind the doc string's last line.
            let own_line = lead.trim().is_empty();
            let behind_head = !own_line && lead.trim_end().ends_with(':');
            // Behind the doc string, and that on a line of its own.
            let doc = lead.trim_start().trim_start_matches(['r', 'R', 'u', 'U']);
            if !own_line && !behind_head && !doc.starts_with(['"', '\'']) {
                return None;
            }
            let step = if indent.contains('\t') { "\t" } else { "    " };
            let inner = if behind_head { format!("{indent}{step}") } else { indent };
            let moved = moved(body, &inner)?;
            if own_line {
                format!("{before}{}{after}", moved.trim_start())
            } else {
                format!("{}\n{moved}{after}", before.trim_end_matches(' '))
            }
        }
    })
}

/// Lines with this indentation in place of their own common one; those that begin inside of a text stay.
fn moved(body: &str, indent: &str) -> Option<String> {
    let body = body.trim_matches('\n').trim_end();
    let inside = lines::in_texts(Language::Python, body);
    let blank = [' ', '\t'];
    let own = body
        .lines()
        .enumerate()
        .filter(|(number, line)| !line.trim().is_empty() && !inside.contains(number))
        .map(|(_, line)| line.len() - line.trim_start_matches(blank).len())
        .min()?;
    let lines = body.lines().enumerate().map(|(number, line)| {
        if inside.contains(&number) {
            return line.to_owned();
        }
        match line.get(own..) {
            Some(rest) if !rest.trim().is_empty() => {
                let text = rest.trim_start_matches(blank);
                let deeper = rest.get(..rest.len() - text.len()).unwrap_or("");
                // Indentation is of one kind in a file.
                let deeper = if indent.contains('\t') {
                    deeper.replace("    ", "\t")
                } else {
                    deeper.replace('\t', "    ")
                };
                format!("{indent}{deeper}{text}")
            }
            _ => String::new(),
        }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// `std` under a name of its own, so that crates without it and with a `std` of theirs are served, too.
const PROLOGUE: &str = "{
extern crate std as __zerr_std;
fn __zerr_which() -> usize {
static WHICH: __zerr_std::sync::OnceLock<usize> = __zerr_std::sync::OnceLock::new();
*WHICH.get_or_init(|| {
let asked = __zerr_std::env::var(\"ZERR_CANDIDATE\");
asked.ok().and_then(|which| which.parse::<usize>().ok()).unwrap_or(usize::MAX)
})
}
fn __zerr_reached() -> ! {
if let __zerr_std::option::Option::Some(file) = __zerr_std::env::var_os(\"ZERR_REACHED\") {
let file = __zerr_std::fs::OpenOptions::new().create(true).append(true).open(file);
if let __zerr_std::result::Result::Ok(mut file) = file {
let thread = __zerr_std::thread::current();
let line = __zerr_std::string::String::from(thread.name().unwrap_or(\"\")) + \"\\n\";
let _ = __zerr_std::io::Write::write_all(&mut file, line.as_bytes());
}
}
__zerr_std::panic!(\"not written yet\")
}";
