//! The shared engine: performs what the core asks for.
