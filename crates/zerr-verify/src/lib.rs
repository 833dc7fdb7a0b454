//! Oracles: one module a layer, one module a language.
