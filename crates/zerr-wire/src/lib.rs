//! Messages between the model host and its clients.
