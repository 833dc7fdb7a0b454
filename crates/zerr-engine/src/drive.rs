//! The loop of a run: ask the core, start the hands, journal what comes back, apply it.

use std::time::Instant;

use tokio::sync::mpsc;
use zerr_core::event::{Event, Stamped, StopReason};
use zerr_core::plan::Plan;
use zerr_core::run::{Action, Run};
use zerr_store::{CacheEntry, Durability, Entry, Journal};

use crate::clock::unix_ms;
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::perform::{Group, Hands};
use crate::progress::Progress;

/// What the loop needs beside the run.
pub(crate) struct Drive<'a> {
    pub(crate) journal: &'a mut Journal,
    pub(crate) hands: &'a Hands,
    pub(crate) groups: &'a mut mpsc::UnboundedReceiver<Group>,
    pub(crate) watch: &'a mut dyn FnMut(&Progress),
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) deadline: Option<Instant>,
}

/// Groups that are journalled in one transaction at most.
const GROUPS_MAX: usize = 256;

impl Drive<'_> {
    /// Drives a run to its end. Every event, those of `log` before the call included, is in the
    /// journal when it returns.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn run<P: Plan>(
        &mut self,
        run: &mut Run<P>,
        log: &mut Vec<Stamped>,
    ) -> Result<(), EngineError> {
        let started = Instant::now();
        let mut tokens = 0u64;
        let mut stopped = false;
        loop {
            let mut finished = false;
            for action in run.next() {
                finished |= matches!(action, Action::Finish);
                self.hands.start(action);
            }
            if finished {
                break;
            }
            let mut groups = Vec::new();
            tokio::select! {
                biased;
                () = self.interrupt.token().cancelled(), if !stopped => {
                    stopped = true;
                    groups.push(stop(StopReason::Interrupted));
                }
                () = until(self.deadline), if !stopped => {
                    stopped = true;
                    groups.push(stop(StopReason::TimeLimit));
                }
                group = self.groups.recv() => groups.extend(group),
            }
            if stopped {
                self.hands.stop();
            }
            while groups.len() < GROUPS_MAX
                && let Ok(group) = self.groups.try_recv()
            {
                groups.push(group);
            }
            tokens += groups.iter().map(|group| group.tokens).sum::<u64>();
            for note in groups.iter_mut().flat_map(|group| group.notes.drain(..)) {
                (self.watch)(&Progress::Note(note));
            }
            self.take_in(run, log, groups)?;
            let elapsed = started.elapsed();
            let seconds = elapsed.as_secs_f64();
            (self.watch)(&Progress::Steps {
                views: run.views(),
                tokens_per_s: (tokens > 0 && seconds > 0.0).then(|| tokens as f64 / seconds),
                elapsed_ms: elapsed.as_millis() as u64,
            });
        }
        Ok(())
    }

    fn take_in<P: Plan>(
        &mut self,
        run: &mut Run<P>,
        log: &mut Vec<Stamped>,
        groups: Vec<Group>,
    ) -> Result<(), EngineError> {
        let now = unix_ms();
        let mut events = Vec::new();
        let mut answers = Vec::new();
        for group in groups {
            events.extend(group.events.into_iter().map(|event| Stamped { unix_ms: now, event }));
            answers.extend(group.answers);
        }
        let entries: Vec<Entry<'_>> = events.iter().map(entry).collect();
        let cache: Vec<CacheEntry<'_>> = answers
            .iter()
            .map(|answer| CacheEntry {
                key: answer.key.as_str(),
                unix_ms: now,
                kind: answer.kind,
                body: &answer.body,
            })
            .collect();
        let durability = if events.iter().any(|event| is_acceptance(&event.event)) {
            Durability::PowerCut
        } else {
            Durability::Kill
        };
        self.journal.append_with_cache(&entries, &cache, durability)?;
        for event in events {
            run.apply(&event);
            log.push(event);
        }
        Ok(())
    }
}

/// One event as a row of the journal.
pub(crate) fn entry(stamped: &Stamped) -> Entry<'static> {
    let kind = match &stamped.event {
        Event::Started(_) => "started",
        Event::Sampled { .. } => "sampled",
        Event::Exhausted { .. } => "exhausted",
        Event::Observed { .. } => "observed",
        Event::Checked { .. } => "checked",
        Event::WholeChecked { .. } => "whole_checked",
        Event::Failed { .. } => "failed",
        Event::Stopped(_) => "stopped",
        Event::Resumed => "resumed",
    };
    // Events are plain data: text keys, no maps with other keys, so this cannot fail; an empty
    // body would be refused on replay.
    let body = serde_json::to_string(&stamped.event).unwrap_or_default();
    Entry { unix_ms: stamped.unix_ms, kind, body }
}

/// After these a patch may follow: they have to survive a power cut.
fn is_acceptance(event: &Event) -> bool {
    matches!(event, Event::WholeChecked { .. })
}

fn stop(reason: StopReason) -> Group {
    Group { events: vec![Event::Stopped(reason)], ..Group::default() }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
