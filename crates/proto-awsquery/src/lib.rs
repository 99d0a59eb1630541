//! Purpose: the AWS query protocol of the ElastiCache API: forms in, XML out, SigV4 checked, types from the service model.
//! Layer: formats. Bytes in, bytes out; the time is given.
//! Must not know: HTTP servers, stores, what an action does.
//! Design: docs/design/awsquery.md

pub mod decode;
pub mod encode;
mod error;
mod form;
pub mod operations;
pub mod shape;
pub mod sigv4;
mod timestamp;
pub mod types;
mod validate;
mod value;

pub use error::{ApiError, CommonError, Fault};
pub use form::Form;
pub use operations::{NoOutput, OPERATIONS, Operation};
pub use timestamp::Timestamp;
pub use value::{Field, Structure, Value};

/// The version of the API, which every request names.
pub const API_VERSION: &str = "2015-02-02";
/// The XML namespace of every answer.
pub const XML_NAMESPACE: &str = "http://elasticache.amazonaws.com/doc/2015-02-02/";
/// The name of the service in a signature's credential scope.
pub const SERVICE: &str = "elasticache";
