//! Playing transcripts against the table of commands.

use engine_session::transcript::Stage;

/// Plays a transcript on a new node (see `engine_session::transcript`).
pub(crate) fn play(transcript: &str) {
    Stage::new(crate::table()).play(transcript);
}
