//! A run while it goes on, on standard error: [`Display`]. On a terminal one live line a step; else
//! a line when a step begins and one when it is settled.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use zerr_core::run::StepView;
use zerr_engine::Progress;

use crate::console::{Console, Loudness};
use crate::outcome::count;

/// Shows what the engine tells.
pub(crate) struct Display {
    console: Console,
    bars: Option<Bars>,
    lines: Lines,
}

impl Display {
    pub(crate) fn new(console: Console) -> Self {
        let bars = console.is_watched().then(Bars::new);
        Self { console, bars, lines: Lines::default() }
    }

    pub(crate) fn show(&mut self, progress: &Progress) {
        let Some(bars) = &mut self.bars else {
            for line in self.lines.of(progress, self.console.loudness) {
                self.console.note(&line);
            }
            return;
        };
        match progress {
            Progress::Preparing(what) => bars.head.set_message((*what).to_owned()),
            Progress::Steps { views, tokens_per_s, .. } => bars.steps(views, *tokens_per_s),
            Progress::Note(text) => {
                let console = self.console;
                bars.all.suspend(|| console.note(text));
            }
        }
    }

    /// Takes the live lines away; what they said comes again in the table.
    pub(crate) fn close(self) {
        if let Some(bars) = self.bars {
            bars.head.finish_and_clear();
            // A terminal that is gone needs no clearing.
            drop(bars.all.clear());
        }
    }
}

/// Most steps that have a line of their own at once.
const BARS_MAX: usize = 24;

struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    steps: BTreeMap<u64, ProgressBar>,
    style: ProgressStyle,
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{spinner} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let head_style = ProgressStyle::with_template("{elapsed} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let head = all.add(ProgressBar::new_spinner().with_style(head_style));
        head.enable_steady_tick(Duration::from_millis(100));
        Self { all, head, steps: BTreeMap::new(), style }
    }

    fn steps(&mut self, views: &[StepView], tokens_per_s: Option<f64>) {
        let settled = views.iter().filter(|view| view.verdict.is_some()).count();
        let speed = tokens_per_s.map_or_else(String::new, |speed| format!(", {speed:.0} tokens/s"));
        self.head
            .set_message(format!("{settled} of {} settled{speed}", count(views.len(), "step")));
        for view in views {
            let bar = match self.steps.get(&view.index) {
                Some(bar) => bar,
                None if self.steps.len() >= BARS_MAX => continue,
                None => {
                    let bar = ProgressBar::new_spinner().with_style(self.style.clone());
                    self.steps.entry(view.index).or_insert(self.all.add(bar))
                }
            };
            bar.set_message(format!("{}: {}", name(view), standing(view)));
            match view.verdict {
                Some(_) => bar.finish(),
                None => bar.tick(),
            }
        }
    }
}

/// Which lines have been said: only changes are.
#[derive(Default)]
struct Lines {
    said: BTreeMap<u64, (&'static str, bool)>,
}

impl Lines {
    fn of(&mut self, progress: &Progress, loudness: Loudness) -> Vec<String> {
        let views = match progress {
            Progress::Preparing(what) => return vec![(*what).to_owned()],
            Progress::Note(text) => return vec![text.clone()],
            Progress::Steps { views, .. } => views,
        };
        let mut lines = Vec::new();
        for view in views {
            let now = (view.phase, view.verdict.is_some());
            let before = self.said.insert(view.index, now);
            let is_news = match before {
                None => true,
                Some((_, was_settled)) if was_settled != now.1 => true,
                Some(before) => loudness >= Loudness::Verbose && before != now,
            };
            if is_news {
                lines.push(format!("{}: {}", name(view), standing(view)));
            }
        }
        lines
    }
}

fn name(view: &StepView) -> String {
    match view.language {
        Some(language) => format!("{} ({language})", view.name),
        None => view.name.clone(),
    }
}

/// Such as `sampling, 5/8 samples, 1 red flag, votes 5 : 2, k = 4`.
fn standing(view: &StepView) -> String {
    let mut parts = vec![match view.verdict {
        Some(verdict) => verdict.to_string(),
        None => view.phase.to_owned(),
    }];
    if view.verdict.is_some() {
        parts.push(count(view.samples as usize, "sample"));
    } else if view.wanted > 0 {
        parts.push(format!("{}/{} samples", view.samples, view.wanted));
    }
    if view.red_flags > 0 {
        parts.push(count(view.red_flags as usize, "red flag"));
    }
    if !view.classes.is_empty() {
        let votes = votes(view.classes.iter().map(|class| class.votes));
        parts.push(format!("votes {votes}"));
    }
    if let Some(k) = view.k {
        parts.push(format!("k = {k}"));
    }
    parts.join(", ")
}

/// Classes of the race that are shown; the others are added up.
const CLASSES_MAX: usize = 4;

/// Such as `5 : 2`.
pub(crate) fn votes(votes: impl IntoIterator<Item = u32>) -> String {
    let all: Vec<u32> = votes.into_iter().collect();
    let mut parts: Vec<String> = all.iter().take(CLASSES_MAX).map(ToString::to_string).collect();
    let rest: u32 = all.iter().skip(CLASSES_MAX).sum();
    if rest > 0 {
        parts.push(format!("{rest} others"));
    }
    parts.join(" : ")
}

#[cfg(test)]
mod tests {
    use zerr_core::run::ClassView;
    use zerr_core::verdict::Verdict;
    use zerr_syntax::Language;

    use super::*;

    fn view() -> StepView {
        StepView {
            index: 3,
            name: "greet".into(),
            language: Some(Language::Rust),
            phase: "sampling",
            verdict: None,
            samples: 5,
            wanted: 8,
            red_flags: 1,
            k: Some(4),
            classes: vec![ClassView { votes: 5 }, ClassView { votes: 2 }],
        }
    }

    fn steps(views: Vec<StepView>) -> Progress {
        Progress::Steps { views, tokens_per_s: None, elapsed_ms: 1 }
    }

    #[test]
    fn the_race_is_shown_with_its_margin() {
        assert_eq!(standing(&view()), "sampling, 5/8 samples, 1 red flag, votes 5 : 2, k = 4");
        assert_eq!(votes([9, 3, 2, 1, 1, 1]), "9 : 3 : 2 : 1 : 2 others");
    }

    #[test]
    fn without_a_terminal_only_changes_are_said() {
        let mut lines = Lines::default();
        let mut later = view();
        later.samples = 6;
        let mut settled = view();
        settled.verdict = Some(Verdict::Verified);
        let mut said = Vec::new();
        for view in [view(), later, settled.clone(), settled] {
            said.extend(lines.of(&steps(vec![view]), Loudness::Normal));
        }
        assert_eq!(
            said,
            [
                "greet (rust): sampling, 5/8 samples, 1 red flag, votes 5 : 2, k = 4",
                "greet (rust): verified, 5 samples, 1 red flag, votes 5 : 2, k = 4"
            ]
        );
    }
}
