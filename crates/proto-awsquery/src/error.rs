//! Errors as the API answers them: a wire code, an HTTP status, a message.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/faults.rs"));

impl Fault {
    /// An answer with this fault.
    pub fn with(self, message: impl Into<String>) -> ApiError {
        ApiError {
            code: Cow::Borrowed(self.code()),
            status: self.status(),
            message: message.into(),
        }
    }
}

/// Errors that every AWS query service has, and that the service model does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommonError {
    /// The signature does not have the form that SigV4 asks for.
    IncompleteSignature,
    /// Our fault; a retry may help.
    InternalFailure,
    /// No such operation.
    InvalidAction,
    /// The access key is unknown.
    InvalidClientTokenId,
    /// A value that cannot be read at all.
    MalformedInput,
    /// The request names no operation.
    MissingAction,
    /// The request is not signed.
    MissingAuthenticationToken,
    /// The API version is not one that is served.
    NoSuchVersion,
    /// A presigned request came after its time.
    RequestExpired,
    /// The body is longer than any request needs to be.
    RequestEntityTooLarge,
    /// A wrong secret, a wrong scope or a wrong clock.
    SignatureDoesNotMatch,
    /// Nothing can be answered now; a retry helps.
    ServiceUnavailable,
    /// A value breaks a constraint of the model.
    ValidationError,
}

impl CommonError {
    /// The code sent in `<Code>` and the HTTP status.
    pub fn code_and_status(self) -> (&'static str, u16) {
        match self {
            Self::IncompleteSignature => ("IncompleteSignature", 400),
            Self::InternalFailure => ("InternalFailure", 500),
            Self::InvalidAction => ("InvalidAction", 400),
            Self::InvalidClientTokenId => ("InvalidClientTokenId", 403),
            Self::MalformedInput => ("MalformedInput", 400),
            Self::MissingAction => ("MissingAction", 400),
            Self::MissingAuthenticationToken => ("MissingAuthenticationToken", 403),
            Self::NoSuchVersion => ("NoSuchVersion", 400),
            Self::RequestExpired => ("RequestExpired", 400),
            Self::RequestEntityTooLarge => ("RequestEntityTooLarge", 413),
            Self::SignatureDoesNotMatch => ("SignatureDoesNotMatch", 403),
            Self::ServiceUnavailable => ("ServiceUnavailable", 503),
            Self::ValidationError => ("ValidationError", 400),
        }
    }

    /// An answer with this error.
    pub fn with(self, message: impl Into<String>) -> ApiError {
        let (code, status) = self.code_and_status();
        ApiError {
            code: Cow::Borrowed(code),
            status,
            message: message.into(),
        }
    }
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The wire code.
    pub code: Cow<'static, str>,
    /// The HTTP status. Below 500 it is the sender's fault and no SDK tries again.
    pub status: u16,
    /// What a person reads.
    pub message: String,
}

impl ApiError {
    /// `Sender` or `Receiver`, whose fault it is.
    pub fn fault_of(&self) -> &'static str {
        if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn wire_codes_are_the_models_not_the_shape_names() {
        let rows = [
            (
                Fault::CacheClusterNotFound,
                "CacheClusterNotFound",
                404,
                "CacheClusterNotFoundFault",
            ),
            (
                Fault::ReplicationGroupNotFound,
                "ReplicationGroupNotFoundFault",
                404,
                "ReplicationGroupNotFoundFault",
            ),
            (
                Fault::ReplicationGroupAlreadyExists,
                "ReplicationGroupAlreadyExists",
                400,
                "ReplicationGroupAlreadyExistsFault",
            ),
            (
                Fault::InvalidParameterValue,
                "InvalidParameterValue",
                400,
                "InvalidParameterValueException",
            ),
            (
                Fault::CacheSubnetGroupNotFound,
                "CacheSubnetGroupNotFoundFault",
                400,
                "CacheSubnetGroupNotFoundFault",
            ),
        ];
        for (fault, code, status, name) in rows {
            assert_eq!(
                (fault.code(), fault.status(), fault.shape_name()),
                (code, status, name)
            );
        }
        assert_eq!(Fault::ALL.len(), 79);
    }
}
