//! `doctor`: what this machine has, what is in force, and where from.

use std::path::Path;

use clap::ArgMatches;
use serde::Serialize;
use zerr_core::report::SCHEMA_VERSION;
use zerr_engine::{Engine, EngineError, EngineOptions, IsolationChoice};

use crate::args::{DoctorArgs, MessageFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generate;
use crate::settings::{Origin, Settings};
use crate::tools;

#[derive(Serialize)]
struct DoctorDocument {
    schema_version: u32,
    checks: Vec<Check>,
    settings: Vec<SettingForm>,
}

/// One thing that zerr needs or can use.
#[derive(Serialize)]
struct Check {
    name: String,
    found: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Serialize)]
struct SettingForm {
    name: &'static str,
    value: String,
    origin: Origin,
}

impl Check {
    fn of(name: impl Into<String>, state: Result<String, (String, String)>) -> Self {
        let name = name.into();
        match state {
            Ok(found) => Self { name, found: Some(found), missing: None, hint: None },
            Err((why, hint)) => Self {
                name,
                found: None,
                missing: Some(why),
                hint: Some(hint).filter(|hint| !hint.is_empty()),
            },
        }
    }
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &DoctorArgs,
    matches: &ArgMatches,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(project, &args.settings, matches)?;
    if args.install {
        tools::install(console)?;
    }
    let checks = checks(project, &settings)?;
    let sound = checks.iter().all(|check| check.missing.is_none());
    let rows = settings.rows();
    if console.format == MessageFormat::Json {
        let settings = rows
            .into_iter()
            .map(|(name, value, origin)| SettingForm { name, value, origin: origin.clone() })
            .collect();
        console.json(&DoctorDocument { schema_version: SCHEMA_VERSION, checks, settings });
    } else {
        for check in &checks {
            let state = check.found.as_deref().or(check.missing.as_deref()).unwrap_or("");
            let mark = if check.missing.is_none() { "ok     " } else { "missing" };
            console.data_line(&format!("{mark} {:<14} {state}", check.name));
            if let Some(hint) = &check.hint {
                console.data_line(&format!("{:23}{hint}", ""));
            }
        }
        console.data_line(&format!("\nproject        {}", project.display()));
        if let Some(file) = &settings.file {
            console.data_line(&format!("settings       {}", file.display()));
        }
        for (name, value, origin) in rows {
            console.data_line(&format!("{name:<14} {value}  ({origin})"));
        }
    }
    Ok(if sound { Exit::Verified } else { Exit::Usage })
}

fn checks(project: &Path, settings: &Settings) -> Result<Vec<Check>, Failure> {
    let options = EngineOptions {
        project: project.to_owned(),
        model: generate::model(settings.model.value.as_deref())?,
        isolation: IsolationChoice::Required,
        threads: settings.threads.value,
    };
    let mut no_sandbox = None;
    let engine = match Engine::open(options.clone()) {
        // The other tools are looked for all the same; nothing generated runs here.
        Err(EngineError::NoSandbox(why)) => {
            no_sandbox = Some((why.message, why.hint));
            Engine::open(EngineOptions {
                isolation: IsolationChoice::NoneAcceptedInWords,
                ..options
            })?
        }
        engine => engine?,
    };
    let doctor = engine.doctor();
    let isolation = match no_sandbox {
        Some(missing) => Err(missing),
        None => doctor.isolation,
    };
    let mut checks = vec![Check::of("sandbox", isolation)];
    checks.extend(doctor.tools.into_iter().map(|tool| Check::of(tool.name, tool.state)));
    let model = engine.model().map(|details| {
        let info = details.info;
        format!("{} on {}, ready after {} ms", info.name, info.backend, details.ready_ms)
    });
    let model = model.map_err(|error| (error.to_string(), error.hint().unwrap_or_default()));
    checks.push(Check::of("model", model));
    Ok(checks)
}
