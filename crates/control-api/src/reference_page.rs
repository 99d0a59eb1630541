//! The page that tells which operations are carried out.

use std::fmt::Write as _;

use proto_awsquery::{API_VERSION, OPERATIONS};

use crate::dispatch::ACTIONS;

/// `docs/reference/actions.md`, as `cargo xtask codegen` writes it.
pub fn reference_page() -> String {
    let mut page = format!(
        "# Actions\n\n\
         Written by `cargo xtask codegen`; changes by hand are lost.\n\n\
         The ElastiCache API, version {API_VERSION}, has {} operations. This version of Elastane carries out {}. \
         Each other one answers HTTP 400 with the code `InvalidAction`. An action that is carried out \
         refuses parameters that it cannot honour yet with `InvalidParameterValue` and says which.\n\n\
         | operation | carried out | required | optional | faults |\n| --- | --- | --- | --- | --- |\n",
        OPERATIONS.len(),
        ACTIONS.len(),
    );
    for operation in OPERATIONS {
        let members = |required: bool| {
            let names = operation
                .input
                .members
                .iter()
                .filter(|m| m.required == required)
                .map(|m| m.name);
            names.collect::<Vec<_>>().join(", ")
        };
        let faults: Vec<_> = operation.faults.iter().map(|fault| fault.code()).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            operation.name,
            if ACTIONS.contains(&operation.name) {
                "yes"
            } else {
                ""
            },
            members(true),
            members(false),
            faults.join(", "),
        );
    }
    page
}
