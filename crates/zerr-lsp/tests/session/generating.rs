//! Functions, plans, parts and examples on their way into documents.

use std::time::Instant;

use serde_json::{Value, json};

use crate::client::{Client, HOLE, PATIENCE, act, applied, generate, project, uri};

#[tokio::test]
async fn an_unfinished_function_is_written_when_it_is_verified() {
    let folder = project("    return max(xs) if xs else 0\n");
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    let file = uri(&folder.path().join("a.py"));
    generate(&mut client, &file).await;
    let lenses = client.request("textDocument/codeLens", json!({"textDocument": {"uri": file}}));
    let lenses = lenses.await;
    assert_eq!(lenses[0]["command"]["title"], "generate and verify");
    let apply = client.wait(|message| message["method"] == "workspace/applyEdit").await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    // The smallest edit: `raise` and `return` begin alike.
    assert_eq!(edit["newText"], "eturn max(xs) if xs else 0", "{apply}");
    assert_eq!(edit["range"]["start"], json!({"line": 10, "character": 5}));
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`largest` is verified") && text.contains("votes"), "{text}");
    // What was written has its votes above it, and its evidence beside it.
    let took = json!({
        "textDocument": {"uri": file, "version": 2},
        "contentChanges": [{"range": edit["range"], "text": edit["newText"]}],
    });
    client.notify("textDocument/didChange", took).await;
    let mut title = String::new();
    let begin = Instant::now();
    while !title.contains("verified") {
        assert!(begin.elapsed() < PATIENCE, "{title}");
        let lenses =
            client.request("textDocument/codeLens", json!({"textDocument": {"uri": file}})).await;
        title = lenses[0]["command"]["title"].as_str().unwrap_or_default().to_owned();
        tokio::task::yield_now().await;
    }
    assert!(title.contains("votes") && title.contains("layers passed"), "{title}");
    let position = json!({"line": 0, "character": 4});
    let params = json!({"textDocument": {"uri": file}, "position": position});
    let hover = client.request("textDocument/hover", params).await;
    let page = hover["contents"]["value"].as_str().unwrap();
    assert!(page.contains("| unit_tests | passed |"), "{page}");
    let progress = |message: &&Value| message["method"] == "$/progress";
    assert!(client.kept.iter().filter(progress).count() >= 2, "begin and end at least");
}

#[tokio::test]
async fn what_is_refuted_is_not_offered_and_the_reason_is_told() {
    let folder = project("    return xs[0]\n");
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    generate(&mut client, &uri(&folder.path().join("a.py"))).await;
    let said = client
        .wait(|message| {
            message["method"] == "window/showMessage" || message["method"] == "workspace/applyEdit"
        })
        .await;
    assert_eq!(said["method"], "window/showMessage", "{said}");
    assert_eq!(said["params"]["type"], 2, "a warning");
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`largest` is") && !text.contains("is verified"), "{text}");
}

const SPEC: &str = r#"name: numbers
language: python
functions:
  - name: largest
    signature: "def largest(xs: list[int]) -> int"
    description: return the largest number, or 0 where there is none
    examples:
      - {args: [[1, 7, 3]], returns: 7}
      - {args: [[]], returns: 0}
      - {args: [[-2, -5]], returns: -2}
"#;

#[tokio::test]
async fn a_spec_becomes_a_file_beside_it_and_says_how_its_functions_stand() {
    let folder = project("    return max(xs) if xs else 0\n");
    let spec = folder.path().join("task_spec.yaml");
    std::fs::write(&spec, SPEC).unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("model.jsonl")})).await;
    let file = uri(&spec);
    client.open(&file, "yaml", SPEC).await;
    let document = json!({"textDocument": {"uri": file}});
    let symbols = client.request("textDocument/documentSymbol", document.clone()).await;
    assert_eq!(symbols[0]["name"], "largest");
    assert_eq!(symbols[0]["detail"], "def largest(xs: list[int]) -> int");
    act(&mut client, &file, 0, "zerr: generate and verify this spec").await;
    let apply = client.wait(|message| message["method"] == "workspace/applyEdit").await;
    let changes = &apply["params"]["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create", "{apply}");
    assert_eq!(changes[0]["uri"], uri(&folder.path().join("numbers.py")));
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(text.contains("return max(xs) if xs else 0"), "{text}");
    // As an editor does it.
    std::fs::write(folder.path().join("numbers.py"), text).unwrap();
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let said = said["params"]["message"].as_str().unwrap().to_owned();
    assert!(said.contains("numbers is verified: 1 verified"), "{said}");
    let begin = Instant::now();
    let mut shown = Value::Null;
    while !shown.to_string().contains("python: verified") {
        assert!(begin.elapsed() < PATIENCE, "{shown}");
        shown = client.request("textDocument/codeLens", document.clone()).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(shown[2]["range"]["start"]["line"], 3, "{shown}");
}

#[tokio::test]
async fn the_parts_of_a_function_are_a_spec_to_edit() {
    let folder = project("    return 0\n");
    let split = "def sorted_up(xs: list[int]) -> list[int]\nDoes: sort the numbers\n\
                 def last_or_zero(xs: list[int]) -> int\nDoes: return the last number or 0";
    let line = json!({"role": "decompose", "entry_point": "largest", "samples": vec![split; 64]});
    let others = ["sorted_up", "last_or_zero"].map(|name| {
        json!({"role": "decompose", "entry_point": name, "samples": vec!["one function"; 64]})
            .to_string()
    });
    std::fs::write(folder.path().join("r.jsonl"), format!("{line}\n{}\n", others.join("\n")))
        .unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("r.jsonl")})).await;
    let file = uri(&folder.path().join("a.py"));
    client.open(&file, "python", HOLE).await;
    act(&mut client, &file, 10, "zerr: decompose `largest` into subtasks").await;
    let apply = client
        .wait(|message| {
            message["method"] == "workspace/applyEdit" || message["method"] == "window/showMessage"
        })
        .await;
    let changes = &apply["params"]["edit"]["documentChanges"];
    let name = changes[0]["uri"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(name.ends_with("/largest.task_spec.yaml"), "{name}");
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(text.contains("sorted_up") && text.contains("last_or_zero"), "{text}");
    client.answer(&apply, json!({"applied": true})).await;
    let shown = client.wait(|message| message["method"] == "window/showDocument").await;
    assert_eq!(shown["params"]["uri"], name);
}

#[tokio::test]
async fn examples_that_replies_agree_on_come_into_the_documentation() {
    let folder = project("    return 0\n");
    let reply = "largest([4, 4]) == 4\nlargest([-1]) == -1\n";
    // Its replies are more often wrong than right; lines are voted on all the same.
    let card = json!({
        "prompts": {"examples": [1], "function": [3]},
        "p": [{"role": "examples", "language": "python", "p": 0.2}],
    });
    let samples = [reply, reply, "largest([9]) == 8\n"].repeat(20);
    let line =
        json!({"role": "examples", "entry_point": "largest", "card": card, "samples": samples});
    std::fs::write(folder.path().join("r.jsonl"), format!("{line}\n")).unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("r.jsonl")})).await;
    let file = uri(&folder.path().join("a.py"));
    client.open(&file, "python", HOLE).await;
    act(&mut client, &file, 10, "zerr: write examples for `largest`").await;
    let apply = client
        .wait(|message| {
            message["method"] == "workspace/applyEdit" || message["method"] == "window/showMessage"
        })
        .await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    let text = edit["newText"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(
        text.contains("largest([4, 4]) == 4") && text.contains("largest([-1]) == -1"),
        "{text}"
    );
    assert!(!text.contains("largest([9])"), "{text}");
}

const COUNTER: &str = "\
#[derive(Debug, PartialEq)]
pub struct Counter {
    count: u32,
}

impl Counter {
    /// Adds one, and says how many there were before.
    pub fn take(&mut self) -> u32 {
        todo!()
    }
}

#[test]
fn takes() {
    let mut counter = Counter { count: 3 };
    assert_eq!((counter.take(), counter.take()), (3, 4));
    assert_eq!(counter, Counter { count: 5 });
}
";

#[tokio::test]
async fn a_method_is_written_by_the_tests_of_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join(".zerr")).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    write(
        "Cargo.toml",
        "[package]\nname = \"counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
    );
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"counter\"\nversion = \"0.1.0\"\n");
    write("src/lib.rs", COUNTER);
    let right = "    let before = self.count;\n    self.count += 1;\n    before\n}";
    let wrong = "    self.count += 1;\n    self.count\n}";
    let samples: Vec<&str> = [right, wrong].into_iter().cycle().take(200).collect();
    let line = json!({"entry_point": "take", "language": "rust", "samples": samples});
    write("model.jsonl", &format!("{line}\n"));
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    let file = uri(&folder.path().join("src/lib.rs"));
    client.open(&file, "rust", COUNTER).await;
    let params = json!({"textDocument": {"uri": file}});
    let lenses = client.request("textDocument/codeLens", params).await;
    assert_eq!(lenses[0]["command"]["title"], "generate and verify by the project's tests");
    act(&mut client, &file, 8, "zerr: generate and verify `take`").await;
    let apply = client
        .wait(|message| {
            let method = &message["method"];
            method == "window/showMessage" || method == "workspace/applyEdit"
        })
        .await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    let text = edit["newText"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(text.contains("let before = self.count;"), "{apply}");
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`take` is verified") && text.contains("judged by one test"), "{text}");
}

#[tokio::test]
async fn the_functions_of_a_selection_are_written_one_after_the_other() {
    let folder = project("    return max(xs) if xs else 0\n");
    let second = HOLE.replace("largest", "greatest");
    let text = format!("{HOLE}\n\n{second}");
    let file = folder.path().join("a.py");
    std::fs::write(&file, &text).unwrap();
    let sample = |name: &str| {
        let code = format!(
            "```python\ndef {name}(xs: list[int]) -> int:\n    return max(xs, default=0)\n```\n"
        );
        json!({"entry_point": name, "language": "python", "samples": vec![code; 200]}).to_string()
    };
    let model = folder.path().join("model.jsonl");
    std::fs::write(&model, format!("{}\n{}\n", sample("largest"), sample("greatest"))).unwrap();
    let (mut client, _) = Client::start(json!({"model": model})).await;
    let file = uri(&file);
    client.open(&file, "python", &text).await;
    let lines = text.lines().count();
    let params = json!({
        "textDocument": {"uri": file},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}},
        "context": {"diagnostics": []},
    });
    let actions = client.request("textDocument/codeAction", params).await;
    let title = "zerr: generate and verify the 2 functions of the selection";
    let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title);
    let command = &action.unwrap_or_else(|| panic!("{actions}"))["command"];
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    client.request("workspace/executeCommand", params).await;
    let mut now = text;
    for version in 2..4 {
        let apply = client.wait(|message| message["method"] == "workspace/applyEdit").await;
        now = applied(&now, &apply);
        let change = json!({
            "textDocument": {"uri": file, "version": version},
            "contentChanges": [{"text": now}],
        });
        client.notify("textDocument/didChange", change).await;
        client.answer(&apply, json!({"applied": true})).await;
    }
    assert_eq!(now.matches("    return max(xs, default=0)\n").count(), 2, "{now}");
    assert!(!now.contains("NotImplementedError"), "{now}");
}
