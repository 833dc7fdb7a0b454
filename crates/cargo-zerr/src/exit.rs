//! How the program ends: [`Exit`], the one list of exit codes.

use std::process::ExitCode;

use zerr_core::verdict::Verdict;

/// What the exit code says. It speaks of the verdict, not of what was written: functions that
/// only agreed are 3 even where `--accept-agreed` wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for is verified, or the command did what it is for.
    Verified,
    /// Findings, or the result was refuted.
    Findings,
    /// The command line, the input or the machine has to be put right first.
    Usage,
    /// Undecided, or only agreed.
    Undecided,
    /// zerr itself failed.
    Internal,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    pub(crate) const ALL: [Self; 6] = [
        Self::Verified,
        Self::Findings,
        Self::Usage,
        Self::Undecided,
        Self::Internal,
        Self::Interrupted,
    ];

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Undecided => 3,
            // What Rust's own panics end with.
            Self::Internal => 101,
            // 128 + SIGINT, as shells count.
            Self::Interrupted => 130,
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Verified => "verified, or done",
            Self::Findings => "findings, or refuted",
            Self::Usage => "wrong usage, wrong input, or something is missing on this machine",
            Self::Undecided => "undecided, or only agreed",
            Self::Internal => "internal error",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Verified => Self::Verified,
            Verdict::Refuted => Self::Findings,
            Verdict::Agreed | Verdict::Undecided => Self::Undecided,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 101, 130]);
    }

    #[test]
    fn nothing_short_of_verified_ends_with_zero() {
        for verdict in [Verdict::Agreed, Verdict::Undecided, Verdict::Refuted] {
            assert_ne!(Exit::of_verdict(verdict).code(), 0, "{verdict}");
        }
    }
}
