//! The page of one run: [`page`].

use maud::{Markup, html};
use zerr_core::report::{ClassReport, FileReport, Report, StepReport};
use zerr_core::run::Standing;
use zerr_core::verdict::{LayerOutcome, LayerVerdict, Verdict};
use zerr_core::vote::PriorSource;
use zerr_syntax::Language;

use crate::{code, document, race};

/// One self-contained HTML page: the plan, the race of each step, what each layer said, what was
/// assumed, and the code.
pub fn page(report: &Report) -> String {
    let title = format!("{}: {}", report.name, report.verdict);
    document(
        &title,
        &html! {
            h1 { (report.name) " " (verdict(report.verdict)) }
            ul.facts {
                li { "run " b { (report.run) } }
                li { "model " b { (report.model.name) } " on " (report.model.backend) }
                li { "asked for " b { (percent(report.target)) } " reliability" }
                li { "isolation " b { (report.isolation) } }
                li { "took " b { (time(report.ms)) } }
                li { "zerr " (report.zerr_version) ", seed " (report.seed) }
            }
            @if let Some(trouble) = &report.cut_short {
                p.unsure { "The run did not come to its end: " (trouble.message) }
                p.faint { (trouble.advice) }
            }
            (plan(report))
            @for (at, one) in report.steps.iter().enumerate() { (step(at, one)) }
            @for one in &report.files { (file(one)) }
            @if !report.tools.is_empty() {
                h2 { "Tools" }
                p.faint {
                    @for (at, tool) in report.tools.iter().enumerate() {
                        @if at > 0 { ", " }
                        (tool.name) " " (tool.version)
                    }
                }
            }
        },
    )
}

fn plan(report: &Report) -> Markup {
    html! {
        h2 { "Plan" }
        div.wide { table {
            thead { tr {
                th { "step" } th { "language" } th { "verdict" } th { "votes" } th.number { "k" }
                th.number { "samples" } th.number { "red flags" } th.number { "p" } th { "layers" } th.number { "time" }
            } }
            tbody {
                @for (at, step) in report.steps.iter().enumerate() { tr {
                    td { a href=(format!("#step-{at}")) { (step.name) } }
                    td { (language_name(step.language)) }
                    td { (verdict(step.verdict)) }
                    td { (votes(step)) }
                    td.number { @match step.k { Some(k) => (k), None => "-" } }
                    td.number { (step.samples) }
                    td.number { (step.red_flags) }
                    td.number { (format!("{:.2}", step.p)) }
                    td { (passed(&step.layers)) }
                    td.number { (time(step.ms)) }
                } }
            }
        } }
    }
}

fn step(at: usize, step: &StepReport) -> Markup {
    html! {
        h2 id=(format!("step-{at}")) {
            (step.name) " " span.faint { (language_name(step.language)) } " " (verdict(step.verdict))
        }
        @if let Some(reason) = &step.reason { p { "Because " (reason) "." } }
        @if let Some(why) = step.why_agreed() { p { "Because " (why) "." } }
        @if let Some(advice) = &step.advice { p.faint { "What helps: " (advice) } }
        @for complaint in &step.complaints { pre { (complaint) } }
        h3 { "Race" }
        p.faint { (race_in_words(step)) }
        (race::picture(step))
        (classes(step))
        @if !step.assumptions.is_empty() {
            h3 { "Assumptions: what the spec does not say" }
            div.wide { table { tbody {
                @for assumption in &step.assumptions { tr {
                    td { code { (assumption.call) } }
                    td { code { (assumption.outcome) } }
                    td.faint { (assumption.why) }
                } }
            } } }
        }
        @if !step.questions.is_empty() {
            h3 { "Open: candidates that nothing refutes part here" }
            div.wide { table { tbody {
                @for question in &step.questions { tr {
                    td { code { (question.call) } }
                    @for choice in &question.choices { td {
                        code { (choice.example) } " " span.faint { (counted(choice.votes)) }
                    } }
                } }
            } } }
            p.faint { "The right one, as an example in the spec, settles it." }
        }
        @if !step.witnesses.is_empty() {
            h3 { "Witnesses" }
            @for said in &step.witnesses {
                p { (capital(&said.to_string())) "." }
            }
        }
        @if !step.layers.is_empty() {
            h3 { "Layers" }
            (layers(&step.layers))
        }
        h3 { "Prompt" }
        details {
            summary.faint { "what the model was asked (version " (step.prompt_version) ")" }
            pre { (step.prompt) }
        }
    }
}

fn counted(votes: u32) -> String {
    format!("{votes} vote{}", if votes == 1 { "" } else { "s" })
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn race_in_words(step: &StepReport) -> String {
    let source = match step.p_source {
        PriorSource::Card => "the model's card",
        PriorSource::Recorded => "outcomes recorded on this machine",
        PriorSource::Assumed => "a cautious guess: nobody measured this model",
    };
    let margin = match step.k {
        Some(k) => format!("a class wins when it leads by k = {k}"),
        None => "no class may win while one vote is not safely right".to_owned(),
    };
    let margin = if step.consensus {
        format!(
            "{margin}; none does, and the winner is the one that agrees most with all candidates"
        )
    } else {
        margin
    };
    let expected = match step.votes_expected {
        Some(votes) => format!(", about {votes:.1} votes expected"),
        None => String::new(),
    };
    let sure = step.confidence_in_words().map(|words| format!(" {}.", capital(&words)));
    let sure = sure.unwrap_or_default();
    let search = step.search.map(|search| search.to_string());
    let probes = step.probes.map(|probes| probes.to_string());
    let told = search.iter().chain(&probes).map(|told| format!(" {}.", capital(told)));
    let told: String = told.collect();
    format!(
        "One vote is right with p = {:.2} ({:.2} before any sample, from {source}); {margin}{expected}. \
         {} samples counted: {} red-flagged, {} refused, {} refuted; compared on {} inputs.{told}{sure}",
        step.p, step.p_prior, step.samples, step.red_flags, step.rejected, step.failed, step.inputs
    )
}

fn classes(step: &StepReport) -> Markup {
    html! {
        @for (at, class) in step.classes.iter().enumerate() {
            details open[at == 0] {
                summary {
                    span.swatch style=(format!("background:{}", race::colour(at))) {}
                    (class_name(class)) ": " b { (class.votes) } (if class.votes == 1 { " vote, " } else { " votes, " })
                    (class.texts) (if class.texts == 1 { " text" } else { " texts" })
                    @if let Some(differs) = &class.differs { " " span.faint { "differs on " (differs) } }
                }
                (code::highlighted(step.language, &class.source))
            }
        }
    }
}

fn class_name(class: &ClassReport) -> &'static str {
    match class.standing {
        Standing::Winner => "winner",
        Standing::Refuted => "refuted",
        Standing::Rival => "rival",
    }
}

fn layers(layers: &[LayerOutcome]) -> Markup {
    html! {
        div.wide { table { tbody {
            @for layer in layers { tr {
                td { (layer.layer.name().replace('_', " ")) }
                td { (layer_verdict(&layer.verdict)) }
                td {
                    @if let LayerVerdict::NotRun { why } = &layer.verdict { span.faint { (why) } }
                    @for finding in &layer.findings {
                        p {
                            code { (finding.rule) } " " (finding.message)
                            @if let Some(line) = finding.line() { span.faint { " (line " (line) ")" } }
                        }
                        @if let Some(hint) = &finding.hint { p.faint { (hint) } }
                    }
                }
                td.faint.tool {
                    @if let Some(tool) = &layer.tool { (tool.name) " " (tool.version) }
                }
                td.number.faint { (time(layer.ms)) }
            } }
        } } }
    }
}

fn layer_verdict(verdict: &LayerVerdict) -> Markup {
    let (class, word) = match verdict {
        LayerVerdict::Passed => ("passed", "passed"),
        LayerVerdict::Failed => ("failed", "refuted"),
        LayerVerdict::NotRun { .. } => ("not_run", "not run"),
    };
    html! { span class=(format!("verdict {class}")) { (word) } }
}

fn file(file: &FileReport) -> Markup {
    html! {
        h2 { (file.path) " " (verdict(file.verdict)) }
        @if let Some(why) = &file.refuted_by { p { "Refuted as a whole: " (why) } }
        (code::highlighted(Some(file.language), &file.text))
        (layers(&file.layers))
    }
}

fn verdict(verdict: Verdict) -> Markup {
    html! { span class=(format!("verdict {verdict}")) { (verdict) } }
}

fn votes(step: &StepReport) -> String {
    let votes: Vec<String> = step.classes.iter().map(|class| class.votes.to_string()).collect();
    let mut shown = votes.iter().take(4).cloned().collect::<Vec<_>>().join(" : ");
    if votes.len() > 4 {
        shown.push_str(" : …");
    }
    shown
}

fn passed(layers: &[LayerOutcome]) -> String {
    let ran = layers.iter().filter(|layer| !matches!(layer.verdict, LayerVerdict::NotRun { .. }));
    let passed = layers.iter().filter(|layer| layer.verdict == LayerVerdict::Passed);
    format!("{} of {} passed", passed.count(), ran.count())
}

fn language_name(language: Option<Language>) -> &'static str {
    language.map_or("", Language::name)
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 100.0)
}

fn time(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", ms as f64 / 1000.0) }
}
