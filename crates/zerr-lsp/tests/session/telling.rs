//! What a client is told: diagnostics, runs, symbols, the state of things.

use serde_json::{Value, json};

use crate::client::{Client, HOLE, applied, generate, project, said, uri};

#[tokio::test]
async fn what_does_not_parse_is_told_while_it_is_typed() {
    let (mut client, answer) = Client::start(Value::Null).await;
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    let file = "untitled:Untitled-1";
    client.open(file, "python", "def f(x:\n    return \"é\" + x\n").await;
    assert!(!client.diagnostics(1).await.is_empty());
    let change = json!({
        "textDocument": {"uri": file, "version": 2},
        "contentChanges": [{
            "range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 8}},
            "text": "):",
        }],
    });
    client.notify("textDocument/didChange", change).await;
    assert_eq!(client.diagnostics(2).await, [] as [Value; 0]);
}

#[tokio::test]
async fn commands_about_nothing_are_errors() {
    let (mut client, _) = Client::start(Value::Null).await;
    client.open("untitled:a", "rust", "fn main() {}\n").await;
    for (command, argument) in [
        ("zerr.generate", json!({"uri": "untitled:a", "line": 1})),
        ("zerr.generate", json!({"uri": "untitled:none", "line": 1})),
        ("zerr.generate", json!("what")),
        ("zerr.other", json!({"uri": "untitled:a", "line": 1})),
    ] {
        let id = client.next;
        client.next += 1;
        let params = json!({"command": command, "arguments": [argument]});
        client
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand", "params": params}))
            .await;
        let answer = client.wait(|message| message["id"] == id).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_asks_for_diagnostics_is_answered_and_sent_none() {
    let capabilities = json!({"textDocument": {"diagnostic": {}}});
    let (mut client, answer) = Client::with(capabilities, Value::Null).await;
    assert!(answer["capabilities"]["diagnosticProvider"].is_object(), "{answer}");
    client.open("untitled:a", "python", "def f(:\n    pass\n").await;
    let params = json!({"textDocument": {"uri": "untitled:a"}});
    let report = client.request("textDocument/diagnostic", params.clone()).await;
    assert_eq!(report["kind"], "full", "{report}");
    assert_eq!(report["items"][0]["range"]["start"]["line"], 0, "{report}");
    let change = json!({
        "textDocument": {"uri": "untitled:a", "version": 2},
        "contentChanges": [{"text": "def f():\n    pass\n"}],
    });
    client.notify("textDocument/didChange", change).await;
    let report = client.request("textDocument/diagnostic", params).await;
    assert_eq!(report["items"], json!([]));
    let sent = |message: &&Value| message["method"] == "textDocument/publishDiagnostics";
    assert_eq!(client.kept.iter().filter(sent).count(), 0);
}

#[tokio::test]
async fn a_client_that_watches_files_is_asked_to() {
    let watching = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let (mut client, _) = Client::with(watching, Value::Null).await;
    let asked = client.wait(|message| message["method"] == "client/registerCapability").await;
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles", "{asked}");
    let watchers = registration["registerOptions"]["watchers"].as_array().unwrap();
    assert!(watchers.iter().any(|it| it["globPattern"] == "**/*.{rs,py}"), "{asked}");
    client.answer(&asked, Value::Null).await;
    // It goes on as before.
    client.open("untitled:a", "rust", "fn main( {}\n").await;
    assert_eq!(client.diagnostics(1).await.len(), 1);
}

#[tokio::test]
async fn wrong_settings_are_told_and_right_ones_are_taken_while_it_runs() {
    let (mut client, _) = Client::start(json!({"preview": "please", "showsStatus": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    assert!(said["params"]["message"].as_str().unwrap().contains("a setting"), "{said}");
    let settings = json!({"settings": {"zerr": {"model": "/m/coder.gguf", "showsStatus": true}}});
    client.notify("workspace/didChangeConfiguration", settings).await;
    let status = client
        .wait(|message| {
            message["method"] == "zerr/status" && message["params"]["model"] == "coder.gguf"
        })
        .await;
    assert_eq!(status["params"]["running"], 0, "{status}");
}

#[tokio::test]
async fn a_run_is_told_while_it_goes_on_and_listed_behind_it() {
    let folder = project("    return max(xs) if xs else 0\n");
    let model = folder.path().join("model.jsonl");
    let options = json!({"model": model, "showsStatus": true, "inlayHints": true});
    let (mut client, _) = Client::start(options).await;
    let file = uri(&folder.path().join("a.py"));
    generate(&mut client, &file).await;
    let is_running = |message: &Value| {
        message["method"] == "zerr/status"
            && message["params"]["running"] == 1
            && message["params"]["message"].as_str().is_some_and(|it| it.contains("samples"))
    };
    client.wait(is_running).await;
    let apply = said(&mut client).await;
    let written = applied(HOLE, &apply);
    let change = json!({
        "textDocument": {"uri": file, "version": 2},
        "contentChanges": [{"text": written}],
    });
    client.notify("textDocument/didChange", change).await;
    client.answer(&apply, json!({"applied": true})).await;
    said(&mut client).await;
    let runs = client.request("zerr/runs", json!({"uri": file})).await;
    assert_eq!(runs["runs"][0]["title"], "largest", "{runs}");
    assert_eq!(runs["runs"][0]["verdict"], "verified", "{runs}");
    let run = &runs["runs"][0]["run"];
    let report = client.request("zerr/run", json!({"uri": file, "run": run})).await;
    assert_eq!(report["steps"][0]["name"], "largest");
    assert_eq!(report["steps"][0]["classes"][0]["standing"], "winner");
    let page = json!({"command": "zerr.report", "arguments": [{"uri": file, "run": run}]});
    let page = client.request("workspace/executeCommand", page).await;
    assert!(page.as_str().unwrap().contains(".zerr/pages/"), "{page}");
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 20, "character": 0}});
    let params = json!({"textDocument": {"uri": file}, "range": range});
    let mut hints = Value::Null;
    while hints[0].is_null() {
        hints = client.request("textDocument/inlayHint", params.clone()).await;
    }
    assert!(hints[0]["label"].as_str().unwrap().starts_with("verified "), "{hints}");
    assert_eq!(hints[0]["position"]["line"], 0);
    // Its evidence is gone as soon as it is edited, before anything is saved.
    let edited = json!({
        "textDocument": {"uri": file, "version": 3},
        "contentChanges": [{"text": written.replace("else 0", "else 7")}],
    });
    client.notify("textDocument/didChange", edited).await;
    let is_stale = |message: &Value| {
        message["params"]["version"] == 3
            && message["params"]["diagnostics"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["code"] == "evidence-stale"))
    };
    client.wait(is_stale).await;
    // What generated code may not hold is told there, too.
    let edited = json!({
        "textDocument": {"uri": file, "version": 4},
        "contentChanges": [{"text": written.replace("else 0", "else eval('0')")}],
    });
    client.notify("textDocument/didChange", edited).await;
    let is_forbidden = |message: &Value| {
        message["params"]["version"] == 4
            && message["params"]["diagnostics"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["code"] == "forbidden-construct"))
    };
    let told = client.wait(is_forbidden).await;
    let all = told["params"]["diagnostics"].as_array().unwrap();
    let one = all.iter().find(|one| one["code"] == "forbidden-construct").unwrap();
    assert!(one["message"].as_str().unwrap().contains("`eval`"), "{one}");
    assert_eq!(one["source"], "zerr security");
}

#[tokio::test]
async fn changes_on_disk_are_seen_without_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"old\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
                    [dependencies]\nsmallvec = \"=1.6.0\"\n";
    let package = "[[package]]\nname = \"old\"\nversion = \"0.1.0\"\n";
    let locked = format!(
        "version = 3\n\n{package}dependencies = [\n \"smallvec\",\n]\n\n[[package]]\n\
         name = \"smallvec\"\nversion = \"1.6.0\"\n\
         source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
    );
    let (file, lock) = (folder.path().join("Cargo.toml"), folder.path().join("Cargo.lock"));
    std::fs::write(&file, manifest).unwrap();
    std::fs::write(&lock, format!("version = 3\n\n{package}")).unwrap();
    let (mut client, _) = Client::start(Value::Null).await;
    client.open(&uri(&file), "toml", manifest).await;
    // The second time is that of the check.
    for _ in 0..2 {
        assert_eq!(client.diagnostics(1).await, Vec::<Value>::new());
    }
    std::fs::write(&lock, locked).unwrap();
    let advisory = |message: &Value| {
        let all = message["params"]["diagnostics"].as_array();
        all.is_some_and(|all| all.iter().any(|one| one["code"] == "RUSTSEC-2021-0003"))
    };
    client.wait(advisory).await;
}

#[tokio::test]
async fn functions_of_plans_are_found_in_all_folders() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (folder, name) in folders.iter().zip(["first_part", "second_part"]) {
        let spec = format!("name: a\nfunctions:\n  - name: {name}\n");
        std::fs::write(folder.path().join("task_spec.yaml"), spec).unwrap();
    }
    let (mut client, _) = Client::start(Value::Null).await;
    let folder = |at: usize| json!({"uri": uri(folders[at].path()), "name": "w"});
    let change = json!({"event": {"added": [folder(0), folder(1)], "removed": []}});
    client.notify("workspace/didChangeWorkspaceFolders", change).await;
    let found = client.request("workspace/symbol", json!({"query": "part"})).await;
    assert_eq!(
        (&found[0]["name"], &found[1]["name"]),
        (&json!("first_part"), &json!("second_part"))
    );
    let change = json!({"event": {"added": [], "removed": [folder(0)]}});
    client.notify("workspace/didChangeWorkspaceFolders", change).await;
    let found = client.request("workspace/symbol", json!({"query": "part"})).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
}
