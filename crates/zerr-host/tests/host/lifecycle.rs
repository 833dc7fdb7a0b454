//! Hosts that start, are shared, die and leave.

use std::{io::Read, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zerr_llm::{Batching, Host, HostOptions, SampleError, SampleEvent, Sampler};

use crate::support::{
    ENDLESS, Fixture, RawClient, draws, request, sample, signal, slow_request, wait_until_idle,
};

#[tokio::test]
async fn two_clients_that_start_at_once_share_one_host() {
    let fixture = Fixture::new();
    let (one, two) = tokio::join!(fixture.host(), fixture.host());
    let pids = [one.welcome().await.unwrap().pid, two.welcome().await.unwrap().pid];
    assert_eq!(pids[0], pids[1]);
    let one = one.sampler(&fixture.model()).await.unwrap();
    let two = two.sampler(&fixture.model()).await.unwrap();
    let (drawn_one, drawn_two) = tokio::join!(
        sample(&one, request(draws(16), Batching::Shared)),
        sample(&two, request(draws(16), Batching::Shared))
    );
    assert_eq!((drawn_one.unwrap().len(), drawn_two.unwrap().len()), (16, 16));
    assert_eq!(one.host().status().await.unwrap().models.len(), 1);
}

#[tokio::test]
async fn a_host_killed_in_the_middle_costs_no_draw_and_changes_none() {
    let fixture = Fixture::slow();
    let host = fixture.host().await;
    let sampler = host.sampler(&fixture.model()).await.unwrap();
    let undisturbed = sample(&sampler, slow_request(Batching::Exclusive)).await.unwrap();

    let pid = host.welcome().await.unwrap().pid;
    let (sink, mut events) = mpsc::unbounded_channel();
    let wanted = slow_request(Batching::Exclusive);
    let sampling = sampler.sample(wanted, sink, CancellationToken::new());
    let killing = async {
        let mut drawn = std::collections::BTreeMap::new();
        let mut killed = false;
        let mut restarts = 0;
        while let Some(event) = events.recv().await {
            match event {
                SampleEvent::Progress { .. } => {}
                SampleEvent::Drawn(one) => {
                    assert!(drawn.insert(one.index, one.text).is_none(), "a draw came twice");
                }
                SampleEvent::Restarted { times } => restarts = times,
                SampleEvent::Done(_) => break,
            }
            if !killed {
                signal(pid, libc::SIGKILL);
                killed = true;
            }
        }
        (drawn, restarts)
    };
    let (result, (drawn, restarts)) = tokio::join!(sampling, killing);
    result.unwrap();
    assert_eq!(restarts, 1);
    assert_ne!(host.welcome().await.unwrap().pid, pid);
    let texts = |index: &u32| undisturbed.get(index).map(|drawn| &drawn.text);
    assert_eq!(drawn.len(), undisturbed.len());
    assert!(drawn.iter().all(|(index, text)| Some(text) == texts(index)));
}

#[tokio::test]
async fn a_host_that_dies_again_and_again_is_given_up() {
    let fixture = Fixture::slow();
    let host = fixture.host().await;
    let sampler = host.sampler(&fixture.model()).await.unwrap();
    let (sink, mut events) = mpsc::unbounded_channel();
    let sampling = sampler.sample(slow_request(Batching::Shared), sink, CancellationToken::new());
    let killing = async {
        let mut last = 0;
        while events.recv().await.is_some() {
            // A kill that came while the host was starting is not one of this request.
            if let Ok(welcome) = host.welcome().await
                && welcome.pid != last
            {
                signal(welcome.pid, libc::SIGKILL);
                last = welcome.pid;
            }
        }
    };
    let (result, ()) = tokio::join!(sampling, killing);
    let error = result.unwrap_err();
    assert!(matches!(error, SampleError::HostDied { times: 4, .. }), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn what_a_client_asked_for_ends_when_it_hangs_up() {
    let fixture = Fixture::slow();
    let watcher = fixture.host().await;
    let mut client = RawClient::connect(&fixture);
    client.greet();
    let sha256 = watcher.sampler(&fixture.model()).await.unwrap().model().sha256.clone();
    // More than the model does while a busy computer does something else, or in a minute.
    let draws: Vec<_> = (0..4096)
        .map(|index| format!("{{\"index\":{index},\"seed\":1,\"temperature\":1,\"top_p\":1}}"))
        .collect();
    client.send_text(&format!(
        "{{\"request\":\"sample\",\"id\":5,\"model\":\"{sha256}\",\
         \"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"tokens_max\":400,\
         \"grammar\":\"{ENDLESS}\",\"draws\":[{}]}}",
        draws.join(",")
    ));
    assert!(client.receive().contains("\"progress\""));
    assert_eq!(watcher.status().await.unwrap().models[0].requests, 1);
    drop(client);
    wait_until_idle(&watcher).await;
}

#[tokio::test]
async fn an_idle_host_leaves_and_takes_its_socket_along() {
    let fixture = Fixture::new();
    let options = HostOptions { idle_exit: Duration::from_secs(1), ..fixture.options() };
    let host = Host::connect_or_start(&options).await.unwrap();
    let pid = host.welcome().await.unwrap().pid;
    let mut client = RawClient::connect(&fixture);
    client.greet();
    // Reads until the host hangs up.
    assert_eq!(client.stream.read(&mut [0; 16]).unwrap(), 0);
    assert!(!fixture.socket().exists());
    // Whoever has work starts it again.
    host.sampler(&fixture.model()).await.unwrap();
    assert_ne!(host.welcome().await.unwrap().pid, pid);
}

#[tokio::test]
async fn a_host_that_is_told_to_end_removes_its_socket() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let mut client = RawClient::connect(&fixture);
    client.greet();
    signal(host.welcome().await.unwrap().pid, libc::SIGTERM);
    assert_eq!(client.stream.read(&mut [0; 16]).unwrap(), 0);
    assert!(!fixture.socket().exists());
}

#[tokio::test]
async fn a_program_that_is_no_host_is_told_so() {
    let fixture = Fixture::new();
    let options = HostOptions {
        program: Some("/bin/false".into()),
        start_timeout: Duration::from_millis(50),
        ..fixture.options()
    };
    let error = Host::connect_or_start(&options).await.unwrap_err();
    assert!(matches!(error, SampleError::HostNotStarted { .. }), "{error}");
    assert!(error.hint().is_some());
}
