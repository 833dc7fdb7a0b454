//! The race of one step as a picture, vote by vote: [`picture`].

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use zerr_core::report::StepReport;
use zerr_core::run::Counted;

/// Classes with a colour of their own; the others share one.
pub(crate) const COLOURED: usize = 5;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 12.0;
const PLOT: f64 = 150.0;
const STRIP: f64 = 16.0;

/// The colour of the class at this place.
pub(crate) fn colour(class: usize) -> String {
    if class < COLOURED { format!("var(--c{class})") } else { "var(--rest)".to_owned() }
}

/// Votes of every class over the draws; below, the draws that did not vote.
pub(crate) fn picture(step: &StepReport) -> Markup {
    let draws = step.race.len();
    let votes = cumulated(&step.race, step.classes.len());
    let most = votes.iter().filter_map(|one| one.last()).copied().max().unwrap_or(0);
    if draws == 0 || most == 0 {
        return html! {};
    }
    let x = |draw: usize| LEFT + draw as f64 * (WIDTH - LEFT - RIGHT) / draws as f64;
    let y = |votes: u32| TOP + PLOT - f64::from(votes) * PLOT / f64::from(most);
    let height = TOP + PLOT + STRIP + 22.0;
    let ends: Vec<u32> = votes.iter().filter_map(|one| one.last()).copied().collect();
    let second = ends.iter().skip(1).copied().max().unwrap_or(0);
    let label = format!(
        "{} of {draws} counted samples vote for the leading class, {second} for the next",
        ends.first().copied().unwrap_or(0)
    );
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(label) {
            // The lead at the end.
            rect.lead x=(x(0)) y=(y(most)) width=(x(draws) - x(0)) height=(y(second) - y(most)) {}
            line.axis x1=(x(0)) y1=(y(0)) x2=(x(draws)) y2=(y(0)) {}
            text x="4" y=(y(0) + 4.0) { "0" }
            text x="4" y=(y(most) + 4.0) { (most) }
            @for (class, counts) in votes.iter().enumerate().rev() {
                (PreEscaped(format!(
                    "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
                    steps(counts, &x, &y),
                    colour(class)
                )))
                @if class < COLOURED && let Some(last) = counts.last() {
                    text x=(x(draws) + 6.0) y=(y(*last) + 4.0) style=(format!("fill:{}", colour(class))) {
                        (last) (if *last == 1 { " vote" } else { " votes" })
                    }
                }
            }
            @for (at, draw) in step.race.iter().enumerate() {
                @if let Some((colour, what)) = lost(*draw) {
                    rect x=(x(at) + 0.5) y=(TOP + PLOT + 5.0) width=(((x(1) - x(0)) - 1.0).max(1.0))
                        height=(STRIP - 6.0) fill=(colour) {
                        title { "sample " (at + 1) ": " (what) }
                    }
                }
            }
            text x=(x(0)) y=(height - 4.0) { "samples 1 to " (draws) "; below, no vote: grey a red flag, amber refused by a compiler, red refuted" }
        }
    }
}

/// For each class its votes after each draw.
fn cumulated(race: &[Counted], classes: usize) -> Vec<Vec<u32>> {
    let mut counts = vec![0; classes];
    let mut all = vec![Vec::with_capacity(race.len()); classes];
    for draw in race {
        if let Counted::Vote(class) = draw
            && let Some(count) = counts.get_mut(*class as usize)
        {
            *count += 1;
        }
        for (one, count) in all.iter_mut().zip(&counts) {
            one.push(*count);
        }
    }
    all
}

fn steps(counts: &[u32], x: &impl Fn(usize) -> f64, y: &impl Fn(u32) -> f64) -> String {
    let mut path = format!("M{:.1} {:.1}", x(0), y(0));
    for (at, count) in counts.iter().enumerate() {
        let _ = write!(path, "H{:.1}V{:.1}", x(at + 1), y(*count));
    }
    path
}

fn lost(draw: Counted) -> Option<(&'static str, &'static str)> {
    match draw {
        Counted::Vote(_) => None,
        Counted::RedFlag => Some(("var(--rest)", "red flag")),
        Counted::Rejected => Some(("var(--unsure)", "refused by a compiler or loader")),
        Counted::Failed => Some(("var(--bad)", "refuted by an example or contract")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_are_counted_in_the_order_of_the_draws() {
        let race = [
            Counted::Vote(0),
            Counted::RedFlag,
            Counted::Vote(1),
            Counted::Vote(0),
            Counted::Vote(9),
        ];
        assert_eq!(cumulated(&race, 2), [[1, 1, 1, 2, 2], [0, 0, 1, 1, 1]]);
    }
}
