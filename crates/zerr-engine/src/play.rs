//! Recorded functions of one task, played as a model would give them, through the engine that `generate` uses:
//! [`Engine::play`].

use std::sync::Arc;

use zerr_core::event::SpecSource;
use zerr_core::plan::Purpose;
use zerr_core::report::StepReport;
use zerr_core::run::RunConfig;
use zerr_core::spec::{self, RELIABILITY_DEFAULT, Spec};
use zerr_core::split::Splits;
use zerr_llm::{RecordedLine, RecordedSampler, RecordedText};

use crate::bench_replay::ReplayTask;
use crate::engine::{CacheUse, Engine, GenerateRequest};
use crate::error::EngineError;
use crate::interrupt::Interrupt;

impl Engine {
    /// What `generate` makes of a task whose samples are these functions, `None` for those that are none; nothing
    /// where the task's prompt gives no spec. Its examples are read as a replay reads them: those that cannot be
    /// right do not count. The model of this engine is not asked, a second one is.
    ///
    /// # Errors
    /// What keeps a run from being started.
    pub fn play(
        &self,
        task: &ReplayTask,
        sources: &[Option<String>],
        config: &RunConfig,
        interrupt: &Interrupt,
    ) -> Result<Option<StepReport>, EngineError> {
        let Ok((function, ..)) = task.spec() else { return Ok(None) };
        let language = function.signature.language;
        let spec = Spec {
            name: function.name.clone(),
            description: String::new(),
            language,
            target: RELIABILITY_DEFAULT,
            functions: vec![function],
        };
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
            source: SpecSource::Yaml {
                name: "task_spec.yaml".to_owned(),
                text: spec::write(&[spec], &Splits::default()),
                language: None,
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
        let result = match self.run_with(sampler, &request, Purpose::Write, &mut |_| {}, interrupt)
        {
            // What a spec file has no words for.
            Err(EngineError::Spec(_)) => return Ok(None),
            result => result?,
        };
        Ok(result.report.steps.into_iter().next_back())
    }
}
