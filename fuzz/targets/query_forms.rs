//! Any form is read along an operation's shape, or refused, without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proto_awsquery::{Form, OPERATIONS, decode, operations};

fuzz_target!(|data: &[u8]| {
    let form = Form::parse(data);
    let named = form.action().ok().and_then(operations::find);
    // A form without a known action is tried on an operation that its length chooses.
    let operation = named.unwrap_or_else(|| &OPERATIONS[data.len() % OPERATIONS.len()]);
    if let Ok(fields) = decode::fields(operation.input, &form) {
        assert_eq!(fields.len(), operation.input.members.len());
    }
});
