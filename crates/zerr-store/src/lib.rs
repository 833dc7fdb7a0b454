//! Journal, caches, evidence: one SQLite file under .zerr.
