//! The local socket: a Unix domain socket, or a named pipe on Windows.

use std::{io, path::Path};

use interprocess::local_socket::{
    Name,
    tokio::{Stream, prelude::*},
};

pub(crate) async fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect(name(path)?).await
}

#[cfg(unix)]
fn name(path: &Path) -> io::Result<Name<'_>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName};
    path.to_fs_name::<GenericFilePath>()
}

#[cfg(not(unix))]
fn name(path: &Path) -> io::Result<Name<'_>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName};
    path.file_name().unwrap_or(path.as_os_str()).to_ns_name::<GenericNamespaced>()
}
