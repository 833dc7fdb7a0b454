"""Ground truth by running: many functions of both languages on the cases of their entries.

`run_python` and `run_rust` take jobs `{"entry", "code", "name", "ints", "head"}`, where `code`
begins with the function, whose first line must be `head`, and holds all it calls. They give for
each the list of encoded outputs, or None when it does not compile, crashes or does not end in
time. Candidates come from our own small model; this is care, not a sandbox.
"""

import json
import re
import resource
import signal
import subprocess
import sys
import tempfile
import pathlib

import curriculum
import values

UNSAFE = re.compile(r"std::(fs|process|env|net|thread|io|os)|\bunsafe\b|\bextern\b|include(_str|_bytes)?!|asm!|\bimport\b|\b(open|exec|eval)\(|__")


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))


def run_python(jobs):
    """Run Python jobs in worker processes that are replaced when one dies."""
    results = [None] * len(jobs)
    start = 0
    while start < len(jobs):
        payload = [(j["entry"]["id"], j["code"], j["name"], encoded(j["entry"]), list(j["entry"]["types"].values()), j["entry"]["returns"]) for j in jobs[start:]]
        done = subprocess.run([sys.executable, __file__], input=json.dumps(payload), capture_output=True, text=True, preexec_fn=limit)
        lines = done.stdout.splitlines()
        for offset, line in enumerate(lines):
            results[start + offset] = json.loads(line)
        start += len(lines) + (0 if done.returncode == 0 else 1)
    return results


def encoded(entry):
    """The inputs of an entry's cases as JSON holds them."""
    kinds = curriculum.kinds_of(entry)
    return [[values.lower(a, k) for a, k in zip(args, kinds)] for args, _ in entry["cases"]]


def worker():
    """The worker's side of `run_python`: one line of outputs a job."""

    def alarm(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, alarm)
    for _, code, name, cases, types, returns in json.load(sys.stdin):
        outs = None
        if not UNSAFE.search(code):
            kind, kinds = values.parse(returns), [values.parse(text) for text in types]
            try:
                signal.setitimer(signal.ITIMER_REAL, 1.0)
                scope = {}
                exec(code, scope)
                outs = [one(scope[name], args, kinds, kind) for args in cases]
            except BaseException:
                outs = None
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(outs), flush=True)


def one(function, args, kinds, kind):
    given = [values.lift(a, k) for a, k in zip(args, kinds)]
    try:
        out = values.encode(function(*given), kind)
        return out if [values.lower(a, k) for a, k in zip(given, kinds)] == args else "mutated"
    except ValueError as error:
        return values.encode(values.Err(str(error)), kind) if kind[0] == "result" else "raised"
    except TimeoutError:
        raise
    except Exception:
        return "raised"


def run_rust(jobs):
    """Compile all jobs in one crate (leaving out those that do not compile) and run them."""
    alive = [i for i, job in enumerate(jobs) if not UNSAFE.search(job["code"]) and sound(job)]
    results = [None] * len(jobs)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        while alive:
            spans = write_crate(folder / "main.rs", jobs, alive)
            done = subprocess.run(
                ["rustc", "--edition=2024", "--error-format=json", "-Awarnings", "-Cdebuginfo=0", "-o", "main", "main.rs"],
                cwd=folder, capture_output=True, text=True,
            )
            if done.returncode == 0:
                break
            bad = set()
            for line in done.stderr.splitlines():
                note = json.loads(line)
                for span in note["spans"] if note["level"] == "error" else []:
                    bad.update(i for i in alive if spans[i][0] <= span["line_start"] <= spans[i][1])
            if not bad:
                raise RuntimeError(f"the crate does not compile: {done.stderr[:2000]}")
            alive = [i for i in alive if i not in bad]
        start = 0
        while start < len(alive):
            try:
                done = subprocess.run([folder / "main", str(start)], capture_output=True, text=True, timeout=60, preexec_fn=limit)
                lines, dead = done.stdout.splitlines(), done.returncode != 0
            except subprocess.TimeoutExpired as late:
                lines, dead = (late.stdout or b"").decode().splitlines(), True
            for offset, line in enumerate(lines):
                results[alive[start + offset]] = None if line == "late" else line.split("|")
            start += len(lines) + (1 if dead else 0)
    return results


def sound(job):
    """Whether a job keeps to its own module: braces balance and the wanted signature is there."""
    bare = re.sub(r"""//[^\n]*|'(?:[^'\\]|\\.)'|"(?:[^"\\]|\\.)*\"""", "", job["code"])
    pairs = all(bare.count(a) == bare.count(b) for a, b in ("{}", "()", "[]"))
    # A quote that is left opens a text which ends in somebody else's module.
    return pairs and '"' not in bare and job["head"] in job["code"].split("\n")


def write_crate(path, jobs, alive):
    """One module a job, one runner a signature; gives the lines of each module."""
    out = ["#![allow(warnings)] use std::collections::*;", values.RUST_ENCODE]
    spans, runners, slots, line = {}, {}, {}, 2 + values.RUST_ENCODE.count("\n")
    for i in alive:
        text = f"mod m{i} {{ use std::collections::*;\n{jobs[i]['code'].replace('fn ', 'pub fn ')}\n}}"
        spans[i] = (line, line + text.count("\n") + 1)
        line += text.count("\n") + 1
        out.append(text)
        runners.setdefault((jobs[i]["entry"]["id"], jobs[i]["ints"]), jobs[i]["entry"])
    for (name, ints), entry in runners.items():
        kinds = [curriculum.swap(t, entry, ints) for t in entry["types"].values()]
        ret = curriculum.swap(entry["returns"], entry, ints)
        body = []
        for args, _ in entry["cases"]:
            shown = ", ".join(values.rust(a, values.parse(k), owned=True) for a, k in zip(args, kinds))
            body.append(f"    out.push(match std::panic::catch_unwind(|| f({shown})) {{ Ok(v) => v.enc(), Err(_) => \"raised\".into() }});")
        slots[name, ints] = len(slots)
        out.append(f"fn run_{slots[name, ints]}(f: fn({', '.join(kinds)}) -> {ret}) -> String {{\n    let mut out: Vec<String> = Vec::new();")
        out += [*body, '    out.join("|")\n}']
    calls = []
    for i in alive:
        line_of = f"run_{slots[jobs[i]['entry']['id'], jobs[i]['ints']]}(m{i}::{jobs[i]['name']})"
        calls.append(f"    (|| {line_of}) as fn() -> String,")
    out += ["fn main() {", "    std::panic::set_hook(Box::new(|_| {}));", "    let jobs: Vec<fn() -> String> = vec![", *calls, "    ];"]
    out += [
        "    let start: usize = std::env::args().nth(1).unwrap().parse().unwrap();",
        "    for job in &jobs[start..] {",
        "        let job = *job;",
        "        let (tx, rx) = std::sync::mpsc::channel();",
        "        std::thread::spawn(move || { let _ = tx.send(job()); });",
        "        let line = rx.recv_timeout(std::time::Duration::from_secs(1)).unwrap_or(\"late\".into());",
        '        println!("{line}");',
        "    }\n}",
    ]
    path.write_text("\n".join(out))
    return spans


def with_used(entry, language, code, names=None):
    """The code with the functions that its entry may call, by the names in `names`."""
    parts, todo, seen = [code], list(entry["used"]), set()
    while todo:
        used = todo.pop()
        if used["id"] in seen:
            continue
        seen.add(used["id"])
        pick = curriculum.bodies(used, language, False) or curriculum.bodies(used, language)
        parts.append(curriculum.function(used, language, pick[0], names or {}))
        todo += used["used"] if pick == curriculum.bodies(used, language) else []
    return "\n".join(parts)


def job(entry, language, drawn, code=None):
    """A job for a drawn request: its own reply, or `code` in its place."""
    names = drawn["names"]
    name = names.get(entry["names"][0], entry["names"][0])
    head = next(line for line in drawn["reply"].split("\n") if line.startswith(("fn ", "def ")))
    whole = with_used(entry, language, code or drawn["reply"], names)
    return {"entry": entry, "code": whole, "name": name, "ints": drawn["ints"], "head": head}


def job_of(drawn, code=None):
    """As `job`, for what `roles.draw` gave for a role that writes a function."""
    return job(drawn["entry"], drawn["request"]["language"], drawn, code)


def expected(entry):
    """The right outputs of an entry's cases, encoded."""
    kind = values.parse(entry["returns"])
    return [values.encode(out, kind) for _, out in entry["cases"]]


if __name__ == "__main__":
    worker()
