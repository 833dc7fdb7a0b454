//! Samplers: the model host, recorded samples.
