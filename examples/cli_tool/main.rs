//! A to-do list in one text file: `todo add buy milk --file=tasks.txt`.
//!
//! The generated functions do the work; here are the file, the terminal and the order of calls.

mod cli_tool;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::slice;

use cli_tool::*;

const BYTES_MAX: u64 = 1_000_000;
const COMMANDS: [(&str, &str); 5] = [
    ("add", "write a task at the end of the list"),
    ("list", "show the tasks (--open: those to do, --find=TEXT: those with this text)"),
    ("done", "check off the task with this number"),
    ("count", "say how many tasks there are and how many are done"),
    ("help", "show this text (the list is the file todo.txt, or --file=PATH)"),
];

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let printed = run(&args.collect::<Vec<_>>())
        .and_then(|text| writeln!(io::stdout(), "{text}").map_err(|error| error.to_string()));
    let code = exit_code(printed.as_ref().err().map(String::as_str));
    if let Err(message) = printed {
        let line = if code == 2 { message } else { error_line(&message) };
        // When this fails, there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{line}");
    }
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Does what the arguments ask for and returns what is to be printed.
fn run(args: &[String]) -> Result<String, String> {
    let names = COMMANDS.map(|(name, _)| name.to_owned());
    let words = positional_args(args);
    let command = command_of(&words);
    let rest = collapse_spaces(&words.get(1..).unwrap_or_default().join(" "));
    for arg in args.iter().filter(|arg| is_flag(arg)) {
        let has_value =
            ["file", "find"].iter().any(|name| value(slice::from_ref(arg), name).is_some());
        if !has_value && !["-h", "--help", "--open"].contains(&arg.as_str()) {
            return Err(format!("usage: there is no option {arg}"));
        }
    }
    if command == "help" || help_requested(args) {
        return Ok(usage_text("todo", &COMMANDS.map(|(name, text)| (name.into(), text.into()))));
    }
    let path = value(args, "file").unwrap_or("todo.txt".to_owned());
    let mut lines = load(&path)?;
    match command.as_str() {
        "add" if rest.is_empty() => Err(usage_line("todo add", &["text".to_owned()])),
        "add" => {
            lines.push(todo_line(&rest, false));
            save(&path, &lines)?;
            Ok(plural(lines.len(), "task"))
        }
        "list" => {
            let is_asked = |line: &String| !has_option(args, "open") || mark_done(line) != *line;
            let rows = number_lines(&lines.join("\n")).into_iter().zip(&lines);
            let rows: Vec<String> =
                rows.filter(|(_, line)| is_asked(line)).map(|(row, _)| row).collect();
            let shown = keep_lines(&rows.join("\n"), &value(args, "find").unwrap_or_default());
            Ok(if shown.is_empty() { plural(0, "task") } else { shown.join("\n") })
        }
        "done" => {
            let number = parse_int(&rest).and_then(|number| u32::try_from(number).ok());
            let number = number.ok_or_else(|| usage_line("todo done", &["number".to_owned()]))?;
            let line = number.checked_sub(1).and_then(|at| lines.get_mut(at as usize));
            let line = line.ok_or_else(|| format!("there is no {} task", ordinal(number)))?;
            *line = mark_done(line);
            let shown = line.clone();
            save(&path, &lines)?;
            Ok(shown)
        }
        "count" => {
            let (done, all) = (done_count(&lines), lines.len());
            let bar = progress_bar(done * 100 / all.max(1));
            let share = percent_text(done as u32, all as u32);
            Ok(format!("{}, {done} done {bar} {share}", plural(all, "task")))
        }
        other => Err(match suggest_command(other, &names) {
            Some(name) => format!("usage: there is no command {other}, did you mean {name}?"),
            None => format!("usage: there is no command {other}, only {}", join_and(&names)),
        }),
    }
}

fn value(args: &[String], name: &str) -> Option<String> {
    args.iter().find_map(|arg| option_value(arg, name).filter(|text| !text.is_empty()))
}

/// The lines of the list; none while there is no file.
fn load(path: &str) -> Result<Vec<String>, String> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text)) {
        Ok(size) if size as u64 == BYTES_MAX => Err(format!("{path} is too large")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(format!("{path}: {error}")),
        _ => Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()),
    }
}

fn save(path: &str, lines: &[String]) -> Result<(), String> {
    fs::write(path, lines.join("\n") + "\n").map_err(|error| format!("{path}: {error}"))
}
