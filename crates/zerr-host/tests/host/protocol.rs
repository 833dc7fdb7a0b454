//! Bytes that no client of ours sends.

use std::io::{Read, Write};

use crate::support::{Fixture, RawClient};

#[tokio::test]
async fn nonsense_is_answered_and_the_host_lives_on() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let pid = host.welcome().await.unwrap().pid;

    // Before the greeting, nonsense ends the conversation.
    for line in [&b"\n"[..], b"GET / HTTP/1.1\r\n", b"{}\n", b"\xff\xfe\n", b"[[[[[[\n"] {
        let mut client = RawClient::connect(&fixture);
        client.stream.write_all(line).unwrap();
        assert!(client.receive().contains("\"bad_request\""), "{line:?}");
        assert_eq!(client.stream.read(&mut [0; 16]).unwrap(), 0);
    }
    let mut client = RawClient::connect(&fixture);
    client.send_text("{\"request\":\"status\",\"id\":1}");
    assert!(client.receive().contains("\"bad_request\""));

    // After it, the conversation goes on.
    let mut client = RawClient::connect(&fixture);
    client.greet();
    let draw = "\"index\":0,\"seed\":0,\"temperature\":1,\"top_p\":1";
    let sample = |tail: &str| {
        format!("{{\"request\":\"sample\",\"id\":1,\"model\":\"x\",\"messages\":[],{tail}}}")
    };
    for (line, kind) in [
        ("{\"request\":\"dance\"}".to_owned(), "bad_request"),
        ("{\"request\":\"hello\",\"version\":1}".to_owned(), "bad_request"),
        (format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)), "bad_request"),
        (sample(&format!("\"draws\":[{{{draw}}}],\"tokens_max\":1")), "model_missing"),
        (sample(&format!("\"draws\":[{{{draw}}}],\"tokens_max\":0")), "bad_request"),
        (sample(&format!("\"draws\":[{{{draw}}}],\"tokens_max\":-1")), "bad_request"),
        (sample(&format!("\"draws\":[{{{draw}}},{{{draw}}}],\"tokens_max\":1")), "bad_request"),
        (sample(&format!("\"draws\":[{{{draw}e39}}],\"tokens_max\":1")), "bad_request"),
        (
            sample(&format!("\"draws\":[{{{draw}}}],\"tokens_max\":1").replace("p\":1", "p\":0")),
            "bad_request",
        ),
        ("{\"request\":\"load\",\"id\":2,\"model\":{\"path\":\"\"}}".to_owned(), "model_missing"),
        ("{\"request\":\"load\",\"id\":2,\"model\":{\"path\":\"/\"}}".to_owned(), "not_a_model"),
    ] {
        client.send_text(&line);
        let reply = client.receive();
        assert!(reply.contains(&format!("\"kind\":\"{kind}\"")), "{line}\n{reply}");
    }
    client.send_text("{\"request\":\"cancel\",\"id\":77}");
    client.send_text("{\"request\":\"status\",\"id\":3}");
    assert!(client.receive().contains("\"status\""));

    // A client that leaves in the middle of a line.
    let mut client = RawClient::connect(&fixture);
    client.greet();
    client.stream.write_all(b"{\"request\":\"sta").unwrap();
    drop(client);

    assert_eq!(host.status().await.unwrap().pid, pid);
}

#[tokio::test]
async fn an_endless_line_ends_the_conversation() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let mut client = RawClient::connect(&fixture);
    client.greet();
    let chunk = vec![b'x'; 1 << 20];
    // The host hangs up as soon as it has read too much.
    while client.stream.write_all(&chunk).is_ok() {}
    assert!(host.status().await.is_ok());
}

#[tokio::test]
async fn a_client_of_another_version_is_turned_away() {
    let fixture = Fixture::new();
    let _host = fixture.host().await;
    let mut client = RawClient::connect(&fixture);
    client.send_text("{\"request\":\"hello\",\"version\":4000}");
    let reply = client.receive();
    assert!(reply.contains("\"version_mismatch\"") && reply.contains("\"client\":4000"), "{reply}");
    assert_eq!(client.stream.read(&mut [0; 16]).unwrap(), 0);
}
