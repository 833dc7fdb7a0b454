"""A to-do list in one text file: `todo add buy milk --file=tasks.txt`.

The generated functions do the work; here are the file, the terminal and the order of calls.
"""

import os
import sys

import cli_tool as todo

BYTES_MAX = 1_000_000
COMMANDS = [
    ("add", "write a task at the end of the list"),
    ("list", "show the tasks (--open: those to do, --find=TEXT: those with this text)"),
    ("done", "check off the task with this number"),
    ("count", "say how many tasks there are and how many are done"),
    ("help", "show this text (the list is the file todo.txt, or --file=PATH)"),
]


def main() -> int:
    error = None
    try:
        print(run([os.fsencode(arg).decode(errors="replace") for arg in sys.argv[1:]]))
    except (OSError, ValueError) as caught:
        error = str(caught)
    code = todo.exit_code(error)
    if error is not None:
        print(error if code == 2 else todo.error_line(error), file=sys.stderr)
    return code


def run(args: list[str]) -> str:
    """Does what the arguments ask for and returns what is to be printed."""
    names = [name for name, _ in COMMANDS]
    words = todo.positional_args(args)
    command = todo.command_of(words)
    rest = todo.collapse_spaces(" ".join(words[1:]))
    for arg in filter(todo.is_flag, args):
        has_value = value([arg], "file") or value([arg], "find")
        if not has_value and arg not in ("-h", "--help", "--open"):
            raise ValueError(f"usage: there is no option {arg}")
    if command == "help" or todo.help_requested(args):
        return todo.usage_text("todo", COMMANDS)
    path = value(args, "file") or "todo.txt"
    lines = load(path)
    if command == "add":
        if not rest:
            raise ValueError(todo.usage_line("todo add", ["text"]))
        lines.append(todo.todo_line(rest, False))
        save(path, lines)
        return todo.plural(len(lines), "task")
    if command == "list":
        rows = zip(todo.number_lines("\n".join(lines)), lines)
        if todo.has_option(args, "open"):
            rows = [row for row in rows if todo.mark_done(row[1]) != row[1]]
        shown = todo.keep_lines("\n".join(row[0] for row in rows), value(args, "find") or "")
        return "\n".join(shown) or todo.plural(0, "task")
    if command == "done":
        number = todo.parse_int(rest)
        if number is None or number < 0:
            raise ValueError(todo.usage_line("todo done", ["number"]))
        if not 1 <= number <= len(lines):
            raise ValueError(f"there is no {todo.ordinal(number)} task")
        lines[number - 1] = todo.mark_done(lines[number - 1])
        save(path, lines)
        return lines[number - 1]
    if command == "count":
        done, total = todo.done_count(lines), len(lines)
        bar = todo.progress_bar(done * 100 // max(total, 1))
        return f"{todo.plural(total, 'task')}, {done} done {bar} {todo.percent_text(done, total)}"
    guess = todo.suggest_command(command, names)
    hint = f"did you mean {guess}?" if guess else f"only {todo.join_and(names)}"
    raise ValueError(f"usage: there is no command {command}, {hint}")


def value(args: list[str], name: str) -> str | None:
    return next(filter(None, (todo.option_value(arg, name) for arg in args)), None)


def load(path: str) -> list[str]:
    """The lines of the list; none while there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(BYTES_MAX)
    except FileNotFoundError:
        return []
    if len(text) == BYTES_MAX:
        raise ValueError(f"{path} is too large")
    return [line for line in text.splitlines() if line.strip()]


def save(path: str, lines: list[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


sys.exit(main())
