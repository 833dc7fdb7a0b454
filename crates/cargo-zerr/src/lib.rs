//! The cargo subcommand.

pub fn main() {}
