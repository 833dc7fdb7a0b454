//! Runs that end before they are done: Ctrl-C, SIGKILL, and how they go on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::support::{Project, code, repository, stderr};

fn arguments(out: &str) -> Vec<String> {
    let spec = repository().join("examples/hello_world").display().to_string();
    let mut arguments = vec!["generate", &spec, "--language", "python", "--deterministic"];
    arguments.extend(["--fresh", "--out", out]);
    arguments.into_iter().map(str::to_owned).collect()
}

/// A run that has just said a line with `word` in it, and what it says from then on.
struct Running {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn until(project: &Project, word: &str) -> Self {
        Self::of(project.zerr(arguments("out")), word)
    }

    fn of(mut command: Command, word: &str) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended without saying {word:?}");
        }
        Self { child, said }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

fn only_run(project: &Project) -> String {
    let (runs, _) = project.json(&["runs", "list"]);
    let runs = runs["runs"].as_array().unwrap().clone();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0]["run"].as_str().unwrap().to_owned()
}

/// What the same run comes to when nobody disturbs it.
fn undisturbed() -> String {
    let project = Project::new();
    let output = project.run(arguments("out"));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    project.read("out/hello_world.py")
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let expected = undisturbed();
    for word in ["sampling", "verified"] {
        let project = Project::new();
        let running = Running::until(&project, word);
        running.signal("KILL");
        let (status, _) = running.end();
        assert_eq!(status.code(), None, "it was killed");
        assert!(project.names().is_empty(), "nothing is written before the end");
        let run = only_run(&project);
        let output = project.run(["runs", "resume", &run, "--out", "out"]);
        assert_eq!(code(&output), 0, "killed at {word:?}: {}", stderr(&output));
        assert_eq!(project.read("out/hello_world.py"), expected, "killed at {word:?}");
        assert_eq!(only_run(&project), run, "it is the same run");
    }
}

#[test]
fn a_run_is_not_resumed_with_other_tools() {
    let project = Project::new();
    let running = Running::until(&project, "sampling");
    running.signal("KILL");
    running.end();
    let run = only_run(&project);
    // zerr's own tools live in its data folder; without them there is no `ty` here, or another.
    let resume = |data: Option<&std::path::Path>| {
        let mut command = project.zerr(["runs", "resume", &run, "--out", "out"]);
        if let Some(data) = data {
            command.env("ZERR_DATA_DIR", data).env("PATH", "/usr/bin:/bin");
        }
        command.output().unwrap()
    };
    let empty = tempfile::tempdir().unwrap();
    let other = resume(Some(empty.path()));
    assert_eq!(code(&other), 2, "{}", stderr(&other));
    assert!(stderr(&other).contains("begun with other tools"), "{}", stderr(&other));
    assert!(project.names().is_empty());
    let same = resume(None);
    assert_eq!(code(&same), 0, "{}", stderr(&same));
}

#[test]
fn ctrl_c_once_stops_in_order_and_says_how_to_go_on() {
    let project = Project::new();
    let running = Running::until(&project, "sampling");
    running.signal("INT");
    let (status, said) = running.end();
    assert_eq!(status.code(), Some(130), "{said}");
    let run = only_run(&project);
    assert!(said.contains(&format!("cargo zerr runs resume {run}")), "{said}");
    assert!(project.names().is_empty(), "nothing is written");
    let output = project.run(["runs", "resume", &run, "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(project.names(), ["out"]);
}

#[test]
fn ctrl_c_twice_quits_at_once_and_leaves_a_sound_journal() {
    let project = Project::new();
    let mut running = Running::until(&project, "sampling");
    running.signal("INT");
    let mut line = String::new();
    while !line.contains("press Ctrl-C again") {
        line.clear();
        assert_ne!(running.said.read_line(&mut line).unwrap(), 0, "it does not say what it does");
    }
    // It may have stopped in order already: then there is nobody to send the second one to.
    drop(Command::new("kill").args(["-s", "INT", &running.child.id().to_string()]).output());
    let (status, said) = running.end();
    assert_eq!(status.code(), Some(130), "{said}");
    let run = only_run(&project);
    let output = project.run(["runs", "resume", &run, "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn a_run_goes_on_when_its_model_host_is_killed() {
    let expected = undisturbed();
    let project = Project::new();
    // A host of its own, so that no other test loses one.
    let folder = tempfile::tempdir().unwrap();
    let mut command = project.zerr(arguments("out"));
    command.env("XDG_RUNTIME_DIR", folder.path());
    let running = Running::of(command, "sampling");
    let killed = kill_hosts_of(&folder.path().display().to_string());
    assert!(killed > 0, "there is a host");
    let (status, said) = running.end();
    assert!(status.success(), "{said}");
    assert_eq!(project.read("out/hello_world.py"), expected);
    kill_hosts_of(&folder.path().display().to_string());
}

/// Kills the hosts that listen in a folder; how many there were.
fn kill_hosts_of(folder: &str) -> usize {
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let Ok(line) = std::fs::read(path.join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line).into_owned();
        let Some(id) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if line.contains("zerr-host") && line.contains(folder) {
            killed +=
                usize::from(Command::new("kill").args(["-KILL", id]).status().unwrap().success());
        }
    }
    killed
}
