//! How many checks a command ran, read from what it prints, and the commands' own outcome.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::signal;
use crate::workspace::describe;

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a command with its output shown, adds up its result lines, ends it after `limit`.
/// A command that fails without having counted a failure is one.
pub(crate) fn counted(command: &mut Command, limit: Duration) -> Result<Counts> {
    println!("$ {}", describe(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {command:?}"))?;
    let (done, over) = channel::<()>();
    let pid = child.id();
    let watch = std::thread::spawn(move || {
        let timed_out = |wait| over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        if timed_out(limit) {
            eprintln!("not done within {} s: ended", limit.as_secs());
            signal(pid, "TERM");
            if timed_out(Duration::from_secs(30)) {
                signal(pid, "KILL");
            }
        }
    });
    let mut counts = Counts::default();
    let output = BufReader::new(child.stdout.take().context("the command has no output")?);
    for line in output.split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        counts.add(read_line(&line));
    }
    let status = child.wait()?;
    drop(done);
    watch.join().ok();
    if !status.success() && counts.failed == 0 {
        println!("{} ended with {status}", describe(command));
        counts.failed = 1;
    }
    Ok(counts)
}

/// Understands cargo's `test result: ok. 3 passed; 0 failed; …` and the plain `3 passed, 0 failed`.
fn read_line(line: &str) -> Counts {
    let line = line.trim();
    let parts: Vec<&str> = match line.strip_prefix("test result: ") {
        Some(rest) => rest
            .split_once(". ")
            .map_or(rest, |(_, counts)| counts)
            .split(';')
            .collect(),
        None => line.split(',').collect(),
    };
    let number = |word: &str| {
        parts
            .iter()
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    match (number("passed"), number("failed")) {
        (Some(passed), Some(failed)) => Counts { passed, failed },
        _ => Counts::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_read() {
        assert_eq!(
            read_line(
                "test result: ok. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out"
            ),
            Counts {
                passed: 12,
                failed: 1
            }
        );
        assert_eq!(
            read_line("7 passed, 0 failed"),
            Counts {
                passed: 7,
                failed: 0
            }
        );
        assert_eq!(
            read_line("7 passed, 2 failed, 3 skipped"),
            Counts {
                passed: 7,
                failed: 2
            }
        );
        assert_eq!(
            read_line("nothing passed, it all failed"),
            Counts::default()
        );
    }

    #[test]
    fn a_command_that_fails_uncounted_counts_once() {
        let limit = Duration::from_secs(10);
        let counts = counted(
            Command::new("sh").args(["-c", "echo 3 passed, 0 failed; exit 1"]),
            limit,
        );
        assert_eq!(
            counts.ok(),
            Some(Counts {
                passed: 3,
                failed: 1
            })
        );
    }

    #[test]
    fn a_command_past_its_limit_is_ended() {
        let counts = counted(Command::new("sleep").arg("60"), Duration::from_millis(100));
        assert_eq!(
            counts.ok(),
            Some(Counts {
                passed: 0,
                failed: 1
            })
        );
    }
}
