//! The host's log: where llama.cpp's words go, and its last complaints in memory.

use std::{
    collections::VecDeque,
    ffi::{CStr, c_char, c_void},
    fs::OpenOptions,
    io,
    path::Path,
    sync::Mutex,
};

static COMPLAINTS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
const COMPLAINTS_MAX: usize = 8;
const LOG_BYTES_MAX: u64 = 4 << 20;

/// Sends standard output and error to the file, which catches what llama.cpp says when it aborts.
/// A log that has grown large is begun anew.
#[cfg(unix)]
pub(crate) fn redirect(path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let is_large = path.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX);
    if is_large {
        OpenOptions::new().write(true).truncate(true).open(path)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    for standard in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: both descriptors are open, and nothing is borrowed from the one that is replaced.
        if unsafe { libc::dup2(file.as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn redirect(path: &Path) -> io::Result<()> {
    let _ = LOG_BYTES_MAX;
    OpenOptions::new().create(true).append(true).open(path).map(drop)
}

/// Takes over llama.cpp's log: warnings and errors are written to standard error and remembered.
pub(crate) fn listen_to_llama() {
    // SAFETY: the callback is a plain function without state that lives as long as the process.
    unsafe { llama_cpp_sys_2::llama_log_set(Some(on_llama_log), std::ptr::null_mut()) }
}

/// What llama.cpp complained about since the last call, oldest first.
pub(crate) fn take_complaints() -> Vec<String> {
    COMPLAINTS.lock().map(|mut lines| lines.drain(..).collect()).unwrap_or_default()
}

/// Writes a line to the log.
pub(crate) fn line(text: &str) {
    use io::Write;
    let _ = writeln!(io::stderr(), "{text}");
}

unsafe extern "C" fn on_llama_log(
    level: llama_cpp_sys_2::ggml_log_level,
    text: *const c_char,
    _: *mut c_void,
) {
    let matters = matches!(
        level,
        llama_cpp_sys_2::GGML_LOG_LEVEL_WARN | llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR
    );
    if !matters || text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a string that ends in zero and lives during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim_end();
    line(text);
    if level == llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR
        && let Ok(mut lines) = COMPLAINTS.lock()
    {
        if lines.len() == COMPLAINTS_MAX {
            lines.pop_front();
        }
        lines.push_back(text.to_owned());
    }
}
