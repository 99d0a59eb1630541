//! Purpose: the AWS query protocol of the ElastiCache API: forms in, XML out, SigV4 checked, types from the service model.
//! Layer: formats. Bytes in, bytes out; the time is given.
//! Must not know: HTTP servers, stores, what an action does.
//! Design: docs/design/awsquery.md
