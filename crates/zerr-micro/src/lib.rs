//! The embedded model: weights, card.
