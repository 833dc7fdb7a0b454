//! Where the host's program is, and where its socket, lock and log are.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use crate::{HostOptions, SampleError};

/// The files of one host.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) socket: PathBuf,
    /// Held by the host as long as it lives.
    pub(crate) host_lock: PathBuf,
    /// Held by a client while it starts the host.
    pub(crate) start_lock: PathBuf,
    pub(crate) log: PathBuf,
}

/// The program: as told, else beside this one (or beside its folder, where cargo puts tests and
/// examples), else on the search path.
pub(crate) fn program(options: &HostOptions) -> Result<PathBuf, SampleError> {
    let name = format!("zerr-host{}", env::consts::EXE_SUFFIX);
    let told = options.program.clone().or_else(|| env::var_os("ZERR_HOST").map(PathBuf::from));
    let candidates: Vec<PathBuf> = if let Some(told) = told {
        vec![told]
    } else {
        let own = env::current_exe().ok();
        let beside = own.iter().flat_map(|own| own.ancestors().skip(1).take(2)).map(Path::to_owned);
        let path = env::var_os("PATH").unwrap_or_default();
        beside.chain(env::split_paths(&path)).map(|folder| folder.join(&name)).collect()
    };
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(SampleError::HostMissing { looked_in: candidates }),
    }
}

/// The places of the host that these options mean. Hosts of another version or with another
/// number of threads have places of their own.
pub(crate) fn places(options: &HostOptions) -> Result<Places, SampleError> {
    let folder = options.folder.clone().unwrap_or_else(default_folder);
    let failed = |error| SampleError::Io { action: "create", path: folder.clone(), error };
    private_folder(&folder).map_err(failed)?;
    let threads = options.threads.map_or_else(String::new, |threads| format!("-t{threads}"));
    let stem =
        format!("host-{}-{}{threads}", env!("CARGO_PKG_VERSION"), zerr_wire::PROTOCOL_VERSION);
    Ok(Places {
        socket: folder.join(format!("{stem}.sock")),
        host_lock: folder.join(format!("{stem}.sock.lock")),
        start_lock: folder.join(format!("{stem}.start")),
        log: folder.join(format!("{stem}.log")),
    })
}

fn default_folder() -> PathBuf {
    let folders = directories::ProjectDirs::from("", "", "zerr");
    let runtime = folders.as_ref().and_then(|folders| folders.runtime_dir());
    runtime.map_or_else(|| env::temp_dir().join(format!("zerr-{}", user())), Path::to_owned)
}

#[cfg(unix)]
fn user() -> String {
    use std::os::unix::fs::MetadataExt;
    // Whoever owns this process's entry is its user; there is no safe call for it.
    fs::metadata("/proc/self").map_or_else(
        |_| env::var("USER").unwrap_or_else(|_| "user".into()),
        |metadata| metadata.uid().to_string(),
    )
}

#[cfg(not(unix))]
fn user() -> String {
    env::var("USERNAME").unwrap_or_else(|_| "user".into())
}

/// Makes a folder that only its owner enters. A folder of somebody else's is refused: whoever owns
/// it could answer in the host's place.
#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    let own = fs::metadata("/proc/self").map_or(metadata.uid(), |own| own.uid());
    if metadata.uid() != own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_missing_program_is_told_with_where_it_was_looked_for() {
        let told = PathBuf::from("/nowhere/zerr-host");
        let options = HostOptions { program: Some(told.clone()), ..HostOptions::default() };
        let error = program(&options).unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.contains("cargo install zerr-host")));
        assert!(matches!(error, SampleError::HostMissing { looked_in } if looked_in == [told]));
    }

    #[cfg(unix)]
    #[test]
    fn the_sockets_folder_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;

        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let options = HostOptions { folder: Some(folder.clone()), ..HostOptions::default() };
        let places = places(&options).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(places.socket.starts_with(&folder));
    }

    #[test]
    fn another_number_of_threads_is_another_host() {
        let folder = tempfile::tempdir().unwrap();
        let one = HostOptions { folder: Some(folder.path().into()), ..HostOptions::default() };
        let two = HostOptions { threads: Some(2), ..one.clone() };
        assert_ne!(places(&one).unwrap().socket, places(&two).unwrap().socket);
    }
}
