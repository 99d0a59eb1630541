//! Playing transcripts against the table of commands.

use engine_session::transcript::Stage;

/// Plays a transcript on a new node (see `engine_session::transcript`).
pub(crate) fn play(transcript: &str) {
    Stage::new(crate::table()).play(transcript);
}

/// Plays a transcript on a new node whose journal is on, and returns what was journalled: a line of words for each
/// command, with SELECT, MULTI and EXEC.
pub(crate) fn journal(transcript: &str) -> Vec<String> {
    let mut stage = Stage::new(crate::table());
    let from = stage.journal_on();
    stage.play(transcript);
    stage.effects(from)
}
