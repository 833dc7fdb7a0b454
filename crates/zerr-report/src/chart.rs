//! Lines over two axes: [`Chart`].

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use crate::race::colour;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;
/// The least distance of two labels.
const LABEL: f64 = 14.0;

/// A picture of lines or points; all values are shares from 0 to 1, shown as per cent, but those of
/// an x axis with a unit of its own.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is along the bottom.
    pub x: String,
    /// The largest value there; 1 is shown as 100 %.
    pub x_max: f64,
    /// What is up the side.
    pub y: String,
    /// The lines, each with its name at its end.
    pub lines: Vec<Line>,
    /// Whether the diagonal is drawn, where a confidence would be exactly right.
    pub diagonal: bool,
}

/// One line of a chart.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
}

/// The colours and letters of a chart that stands by itself, light or dark, as `page.css` has them.
const OWN_STYLE: &str = "<style>\
    svg{--line:#dcdcd6;--faint:#63635c;--c0:#2a6fdb;--c1:#c2571a;--c2:#7a4fc4;--c3:#11808a;--c4:#b02a6f;\
    --rest:#8b8b84;background:#fcfcfb}\
    @media(prefers-color-scheme:dark){svg{--line:#3a3a35;--faint:#a3a39a;--c0:#78a9ff;--c1:#ff9a5c;\
    --c2:#b79cff;--c3:#4fc3cf;--c4:#ff7eb6;--rest:#8f8f87;background:#161614}}\
    text{fill:var(--faint);font:11px system-ui,sans-serif}.axis{stroke:var(--line)}</style>";

impl Chart {
    /// As a file of its own, SVG.
    pub fn svg(&self) -> String {
        let inside = self.markup().into_string();
        let inside = inside.strip_prefix("<svg ").unwrap_or(&inside);
        let (attributes, rest) = inside.split_once('>').unwrap_or((inside, ""));
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}>{OWN_STYLE}{rest}\n")
    }

    /// As SVG that takes its colours from the page, light or dark.
    pub(crate) fn markup(&self) -> Markup {
        let x = |value: f64| LEFT + value / self.x_max * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM);
        let labels = self.labels(y);
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{} against {}", self.y, self.x)) {
                @for tenth in [0, 2, 4, 6, 8, 10] {
                    @let share = f64::from(tenth) / 10.0;
                    line.axis x1=(x(0.0)) x2=(x(self.x_max)) y1=(y(share)) y2=(y(share)) {}
                    text x=(LEFT - 8.0) y=(y(share) + 4.0) text-anchor="end" { (tenth * 10) }
                    text x=(x(share * self.x_max)) y=(HEIGHT - BOTTOM + 16.0) text-anchor="middle" { (self.tick(share)) }
                }
                text x=(x(self.x_max / 2.0)) y=(HEIGHT - 6.0) text-anchor="middle" { (self.x) }
                text x=(LEFT) y="10" { (self.y) }
                @if self.diagonal {
                    line.axis stroke-dasharray="4 4" x1=(x(0.0)) y1=(y(0.0)) x2=(x(self.x_max)) y2=(y(1.0)) {}
                }
                @for (at, line) in self.lines.iter().enumerate() {
                    (PreEscaped(format!(
                        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\"/>",
                        path(&line.points, x, y), stroke(at)
                    )))
                    @for (a, b) in line.points.iter().filter(|_| line.points.len() <= 20) {
                        circle cx=(x(*a)) cy=(y(*b)) r="3" fill=(stroke(at)) {
                            title { (line.name) ": " (self.tick(*a / self.x_max)) ", " (format!("{:.1}", b * 100.0)) " %" }
                        }
                    }
                }
                @for (at, label) in labels {
                    @if let Some(line) = self.lines.get(at) {
                        text x=(x(self.x_max) + 8.0) y=(label + 4.0) style=(format!("fill:{}", stroke(at))) { (line.name) }
                    }
                }
            }
        }
    }

    fn tick(&self, share: f64) -> String {
        let value = share * self.x_max;
        let is_share = (self.x_max - 1.0).abs() < 1e-9;
        if is_share { format!("{:.0} %", 100.0 * value) } else { format!("{value:.0}") }
    }

    /// Where the lines' names stand, none over another.
    fn labels(&self, y: impl Fn(f64) -> f64) -> Vec<(usize, f64)> {
        let mut ends: Vec<(usize, f64)> = self
            .lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| Some((at, y(line.points.last()?.1))))
            .collect();
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut lowest = f64::NEG_INFINITY;
        for (_, at) in &mut ends {
            *at = at.max(lowest + LABEL);
            lowest = *at;
        }
        ends
    }
}

/// Lines past the coloured ones are told apart by their names only.
fn stroke(line: usize) -> String {
    colour(line)
}

fn path(points: &[(f64, f64)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for (at, (a, b)) in points.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, x(*a), y(*b));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_by_itself_is_one_svg_with_its_own_colours() {
        let points = vec![(0.1, 0.5), (1.0, 0.25)];
        let lines = vec![Line { name: "a < b".into(), points }];
        let chart = Chart { x: "x".into(), x_max: 1.0, y: "y".into(), lines, diagonal: true };
        let svg = chart.svg();
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox="), "{svg}");
        assert!(svg.ends_with("</svg>\n") && svg.matches("<svg").count() == 1);
        assert!(svg.contains("prefers-color-scheme") && svg.contains("a &lt; b"));
    }

    #[test]
    fn names_of_lines_that_end_together_stand_apart() {
        let line = |y| Line { name: "a".into(), points: vec![(1.0, y)] };
        let chart = Chart {
            x: "x".into(),
            x_max: 1.0,
            y: "y".into(),
            lines: vec![line(0.5), line(0.5), line(0.9)],
            diagonal: false,
        };
        let labels = chart.labels(|value| 100.0 * (1.0 - value));
        let places: Vec<f64> = labels.iter().map(|(_, place)| *place).collect();
        assert_eq!(labels.first().map(|(line, _)| *line), Some(2));
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= LABEL), "{places:?}");
    }
}
