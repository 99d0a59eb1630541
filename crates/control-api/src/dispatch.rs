//! The table of actions. `build.rs` writes it from the files in `src/actions/`.

use proto_awsquery::operations::Operation;
use proto_awsquery::{ApiError, Form, decode, encode, operations};

use crate::call::Call;

/// Reads the operation's input, runs its file's `run`, writes its output.
macro_rules! carry_out {
    ($call:ident, $form:ident, $operation:ident, $module:ident) => {
        match decode::decode::<<operations::$operation as Operation>::Input>($form) {
            Ok(input) => $module::run($call, input).await.map(|output| {
                encode::response::<operations::$operation>(&output, &$call.request_id)
            }),
            Err(error) => Err(error),
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/actions.rs"));
