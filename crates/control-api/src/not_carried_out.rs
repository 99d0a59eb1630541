//! What this version does not do it refuses, rather than promise it and not keep it.

use proto_awsquery::{ApiError, Fault};

/// Refuses the first of the parameters that is given.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), ApiError> {
    match parameters.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(fault(name)),
        None => Ok(()),
    }
}

/// The answer to a parameter, or a value of it, that is not carried out.
pub(crate) fn fault(what: &str) -> ApiError {
    Fault::InvalidParameterValue.with(format!(
        "{what} is not carried out by this version of Elastane; see docs/reference/actions.md"
    ))
}
