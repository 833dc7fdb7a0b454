//! Decides: specs, plans, votes, verdicts. No IO.
