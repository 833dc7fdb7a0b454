//! Recorded functions of one task, played as a model would give them, through the engine that `generate` uses:
//! [`Engine::play`].

use std::sync::Arc;

use zerr_core::event::SpecSource;
use zerr_core::plan::Purpose;
use zerr_core::report::StepReport;
use zerr_core::run::RunConfig;
use zerr_llm::{RecordedLine, RecordedSampler, RecordedText};

use crate::bench_replay::ReplayTask;
use crate::engine::{CacheUse, Engine, GenerateRequest};
use crate::error::EngineError;
use crate::interrupt::Interrupt;

impl Engine {
    /// What `generate` makes of a task whose samples are these functions, `None` for those that are none; nothing
    /// where the task's prompt ends in no unfinished function. The model of this engine is not asked, a second
    /// one is.
    ///
    /// # Errors
    /// What keeps a run from being started, a prompt that gives no spec among it.
    pub fn play(
        &self,
        task: &ReplayTask,
        sources: &[Option<String>],
        config: &RunConfig,
        interrupt: &Interrupt,
    ) -> Result<Option<StepReport>, EngineError> {
        let Some((language, text, line)) = task.unfinished() else { return Ok(None) };
        let reply = |source: &Option<String>| {
            RecordedText::Text(match source {
                Some(source) => format!("```{language}\n{source}\n```\n"),
                None => "no function".to_owned(),
            })
        };
        let recording = RecordedLine {
            entry_point: Some(task.entry_point.clone()),
            language: Some(language.to_string()),
            samples: sources.iter().map(reply).collect(),
            ..RecordedLine::default()
        };
        let sampler = RecordedSampler::of([recording])?;
        let request = GenerateRequest {
            source: SpecSource::Hole {
                name: format!("task.{}", language.extension()),
                text,
                language,
                line,
                project: None,
            },
            config: config.clone(),
            target: None,
            time_limit_ms: None,
            title: task.task_id.clone(),
            believe: false,
            risk: None,
            cache: CacheUse::Use,
            split_depth: 0,
        };
        let sampler = Arc::new(sampler);
        let result = self.run_with(sampler, &request, Purpose::Write, &mut |_| {}, interrupt)?;
        Ok(result.report.steps.into_iter().next_back())
    }
}
