//! CPU time as the scheduler counted it, in nanoseconds: exact where sampled user and system times are not.

use std::fs;

use anyhow::{Context, Result};

/// Time that all threads of a process have run (`/proc/PID/task/*/schedstat`, first field).
pub(crate) fn process_ns(pid: u32) -> Result<u64> {
    let folder = format!("/proc/{pid}/task");
    let mut total = 0;
    for thread in fs::read_dir(&folder)
        .with_context(|| format!("read {folder}"))?
        .flatten()
    {
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) else {
            continue;
        };
        total += text
            .split(' ')
            .next()
            .and_then(|ns| ns.parse::<u64>().ok())
            .unwrap_or(0);
    }
    Ok(total)
}
