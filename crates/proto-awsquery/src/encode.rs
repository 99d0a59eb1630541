//! Struct to XML, along the shape table, and the envelopes around it.

use std::fmt::Write as _;

use quick_xml::escape::partial_escape;

use crate::shape::{Kind, ListShape, StructureShape};
use crate::value::{Structure, Value};
use crate::{ApiError, Operation, XML_NAMESPACE};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The answer to a request that was carried out.
pub fn response<O: Operation>(output: &O::Output, request_id: &str) -> String {
    let name = O::SHAPE.name;
    let mut xml = String::from(DECLARATION);
    let _ = write!(xml, "<{name}Response xmlns=\"{XML_NAMESPACE}\">");
    if let Some(result) = &O::SHAPE.output {
        let _ = write!(xml, "<{}>", result.element);
        structure(&mut xml, result.structure, &output.to_fields());
        let _ = write!(xml, "</{}>", result.element);
    }
    xml.push_str("<ResponseMetadata>");
    element(&mut xml, "RequestId", request_id);
    let _ = write!(xml, "</ResponseMetadata></{name}Response>");
    xml
}

/// The answer to a request that was refused.
pub fn error(error: &ApiError, request_id: &str) -> String {
    let mut xml = String::from(DECLARATION);
    let _ = write!(xml, "<ErrorResponse xmlns=\"{XML_NAMESPACE}\"><Error>");
    element(&mut xml, "Type", error.fault_of());
    element(&mut xml, "Code", &error.code);
    element(&mut xml, "Message", &error.message);
    xml.push_str("</Error>");
    element(&mut xml, "RequestId", request_id);
    xml.push_str("</ErrorResponse>");
    xml
}

fn structure(xml: &mut String, shape: &StructureShape, fields: &[Option<Value>]) {
    for (member, field) in shape.members.iter().zip(fields) {
        let Some(field) = field else { continue };
        write_value(xml, member.name, member.kind, field);
        if let Kind::List(ListShape {
            also_named: Some(name),
            ..
        }) = member.kind
        {
            write_value(xml, name, member.kind, field);
        }
    }
}

fn write_value(xml: &mut String, name: &str, kind: Kind, value: &Value) {
    match (kind, value) {
        (Kind::List(shape), Value::List(elements)) => nested(xml, name, |xml| {
            for element in elements {
                write_value(xml, shape.element, shape.kind, element);
            }
        }),
        (Kind::Structure(shape), Value::Structure(fields)) => {
            nested(xml, name, |xml| structure(xml, shape, fields))
        }
        (_, Value::String(text)) => element(xml, name, text),
        (_, Value::Boolean(value)) => element(xml, name, if *value { "true" } else { "false" }),
        (_, Value::Integer(value)) => element(xml, name, &value.to_string()),
        (_, Value::Double(value)) => element(xml, name, &value.to_string()),
        (_, Value::Timestamp(time)) => element(xml, name, &time.to_string()),
        // A tree that does not fit its shape; generated structs never make one.
        (_, Value::List(_) | Value::Structure(_)) => {}
    }
}

fn nested(xml: &mut String, name: &str, content: impl FnOnce(&mut String)) {
    let _ = write!(xml, "<{name}>");
    content(xml);
    let _ = write!(xml, "</{name}>");
}

fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    if text.contains(not_xml) || text.contains('\r') {
        // XML 1.0 cannot carry these characters in any spelling, and readers turn a
        // bare carriage return into a line feed.
        let text: String = text
            .chars()
            .map(|c| if not_xml(c) { '\u{fffd}' } else { c })
            .collect();
        xml.push_str(&partial_escape(&text).replace('\r', "&#13;"));
    } else {
        xml.push_str(&partial_escape(text));
    }
    let _ = write!(xml, "</{name}>");
}

fn not_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{DeleteCacheSubnetGroup, DescribeCacheClusters, ListTagsForResource};
    use crate::types::{
        CacheCluster, CacheClusterMessage, PendingLogDeliveryConfiguration, PendingModifiedValues,
        Tag, TagListMessage,
    };
    use crate::{Fault, NoOutput};

    #[test]
    fn an_answer_has_its_envelope() {
        let tag = Tag {
            key: Some("a<b".into()),
            value: Some("x & y\r\0".into()),
        };
        let output = TagListMessage {
            tag_list: Some(vec![tag]),
        };
        assert_eq!(
            response::<ListTagsForResource>(&output, "id-1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListTagsForResourceResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">\
             <ListTagsForResourceResult><TagList><Tag><Key>a&lt;b</Key><Value>x &amp; y&#13;\u{fffd}</Value></Tag>\
             </TagList></ListTagsForResourceResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>\
             </ListTagsForResourceResponse>"
        );
    }

    #[test]
    fn an_operation_without_result_has_metadata_only() {
        let xml = response::<DeleteCacheSubnetGroup>(&NoOutput, "id-1");
        assert!(xml.ends_with(
            "/\"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DeleteCacheSubnetGroupResponse>"
        ));
    }

    #[test]
    fn pending_log_delivery_is_written_in_both_spellings() {
        let pending = PendingModifiedValues {
            log_delivery_configurations: Some(vec![PendingLogDeliveryConfiguration::default()]),
            ..Default::default()
        };
        let group = CacheCluster {
            pending_modified_values: Some(pending),
            ..Default::default()
        };
        let output = CacheClusterMessage {
            marker: None,
            cache_clusters: Some(vec![group]),
        };
        let xml = response::<DescribeCacheClusters>(&output, "id-1");
        for name in [
            "LogDeliveryConfigurations",
            "PendingLogDeliveryConfiguration",
        ] {
            assert!(
                xml.contains(&format!("<{name}><member></member></{name}>")),
                "{xml}"
            );
        }
    }

    #[test]
    fn an_error_says_whose_fault_it_is() {
        let xml = error(
            &Fault::CacheClusterNotFound.with("CacheCluster not found: X"),
            "id-1",
        );
        assert!(xml.contains(
            "<Error><Type>Sender</Type><Code>CacheClusterNotFound</Code><Message>CacheCluster not found: X</Message>\
             </Error><RequestId>id-1</RequestId></ErrorResponse>"
        ));
    }
}
