//! The local socket: a Unix domain socket, or a named pipe on Windows.

use std::{io, path::Path};

use interprocess::local_socket::{Listener, ListenerOptions, Name, Stream, prelude::*};

/// Opens the socket for this user only. The caller holds the lock, so what lies there is stale.
pub(crate) fn listen(path: &Path) -> io::Result<Listener> {
    remove(path);
    let options = ListenerOptions::new().name(name(path)?).reclaim_name(false);
    #[cfg(unix)]
    let options = {
        use interprocess::os::unix::local_socket::ListenerOptionsExt;
        options.mode(0o600)
    };
    options.create_sync()
}

/// Connects to a host; the benchmark's way in.
pub(crate) fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect(name(path)?)
}

/// Removes the socket's file, where there is one.
pub(crate) fn remove(path: &Path) {
    if cfg!(unix) {
        drop(std::fs::remove_file(path));
    }
}

#[cfg(unix)]
fn name(path: &Path) -> io::Result<Name<'_>> {
    use interprocess::local_socket::GenericFilePath;
    path.to_fs_name::<GenericFilePath>()
}

#[cfg(not(unix))]
fn name(path: &Path) -> io::Result<Name<'_>> {
    use interprocess::local_socket::GenericNamespaced;
    path.file_name().unwrap_or(path.as_os_str()).to_ns_name::<GenericNamespaced>()
}
