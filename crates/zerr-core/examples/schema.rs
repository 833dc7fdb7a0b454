//! Prints the JSON Schema of `task_spec.yaml`, which is kept in `config/task_spec.schema.json`:
//! `cargo run -p zerr-core --example schema > config/task_spec.schema.json`.
#![expect(clippy::print_stdout, reason = "printing is all that this program is for")]

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&zerr_core::spec::schema())?);
    Ok(())
}
