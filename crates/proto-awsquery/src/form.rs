//! A request's parameters: the POST body or the query string, as a tree of names.

use std::collections::BTreeMap;

use crate::{ApiError, CommonError};

/// No shape of the model nests deeper than nine names; a deeper one is noise.
const DEPTH_MAX: usize = 10;
/// More parameters than any request needs. Each costs many times its bytes in memory.
const PARAMETERS_MAX: usize = 5_000;

/// The decoded parameters of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    root: Node,
    parameters: usize,
}

/// One name: what was given for it, and the names below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Option<String>,
    pub(crate) children: BTreeMap<String, Node>,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded` text: a body, or a query string
    /// without its `?`. Of a name given twice the last one counts.
    pub fn parse(encoded: &[u8]) -> Self {
        let mut form = Self::default();
        form.extend(encoded);
        form
    }

    /// Adds the parameters of another part of the request.
    pub fn extend(&mut self, encoded: &[u8]) {
        for (name, value) in form_urlencoded::parse(encoded) {
            if name.split('.').count() > DEPTH_MAX {
                continue;
            }
            self.parameters += 1;
            if self.parameters > PARAMETERS_MAX {
                return;
            }
            let mut node = &mut self.root;
            for part in name.split('.') {
                node = node.children.entry(part.to_owned()).or_default();
            }
            node.value = Some(value.into_owned());
        }
    }

    /// The value of a top-level parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root.children.get(name)?.value.as_deref()
    }

    /// The operation asked for.
    pub fn action(&self) -> Result<&str, ApiError> {
        if self.parameters > PARAMETERS_MAX {
            return Err(CommonError::MalformedInput.with(format!(
                "A request may have at most {PARAMETERS_MAX} parameters."
            )));
        }
        match self.get("Action") {
            Some(action) if !action.is_empty() => Ok(action),
            _ => Err(CommonError::MissingAction
                .with("Could not find operation: the request has no Action parameter")),
        }
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }
}

impl Node {
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn decodes_names_and_values() {
        let form = Form::parse(
            b"Action=AddTagsToResource&Tags.Tag.1.Key=a%20b&Tags.Tag.1.Value=c+d&Empty=",
        );
        assert_eq!(form.action().expect("an action"), "AddTagsToResource");
        assert_eq!(form.get("Empty"), Some(""));
        assert_eq!(form.get("Tags"), None);
        let tag = form
            .root()
            .child("Tags")
            .and_then(|n| n.child("Tag"))
            .and_then(|n| n.child("1"))
            .expect("the tag");
        assert_eq!(
            tag.child("Key").and_then(|n| n.value.as_deref()),
            Some("a b")
        );
        assert_eq!(
            tag.child("Value").and_then(|n| n.value.as_deref()),
            Some("c d")
        );
    }

    #[test]
    fn a_request_without_action_is_told_so() {
        for body in ["", "Action=", "Version=2015-02-02"] {
            assert_eq!(
                Form::parse(body.as_bytes())
                    .action()
                    .expect_err("no action")
                    .code,
                "MissingAction"
            );
        }
    }

    #[test]
    fn a_request_without_end_is_refused() {
        let body = |count: usize| format!("Action=A{}", "&a=".repeat(count));
        assert!(Form::parse(body(4_999).as_bytes()).action().is_ok());
        let error = Form::parse(body(5_000).as_bytes())
            .action()
            .expect_err("too many");
        assert_eq!(error.code, "MalformedInput");
    }

    #[test]
    fn names_nested_without_end_are_dropped() {
        let name = "a.".repeat(100_000);
        assert_eq!(Form::parse(format!("{name}=1").as_bytes()), Form::default());
    }
}
