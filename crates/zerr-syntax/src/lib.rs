//! Source text as data: signatures, spans, forbidden constructs. No IO.
