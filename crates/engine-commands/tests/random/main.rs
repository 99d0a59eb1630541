//! What holds for any commands whatever: nothing panics, the connection stays in step, and batches change nothing.

mod arguments;
mod batching;
mod draw;
