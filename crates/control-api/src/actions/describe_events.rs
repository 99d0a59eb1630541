//! DescribeEvents: what happened, oldest first, of the last hour or a given time.

use std::time::Duration;

use control_model::keys::{self, Keyed};
use control_model::{Event, Timestamp, event};
use proto_awsquery::types::{self, DescribeEventsMessage, EventsMessage};
use proto_awsquery::{ApiError, CommonError, Fault};

use crate::call::{Call, store_failed};
use crate::handle::proto_time;
use crate::pagination;

const MINUTES_DEFAULT: i32 = 60;

pub(crate) async fn run(
    call: &Call,
    input: DescribeEventsMessage,
) -> Result<EventsMessage, ApiError> {
    if input.source_identifier.is_some() && input.source_type.is_none() {
        return Err(Fault::InvalidParameterCombination
            .with("SourceIdentifier cannot be given without SourceType."));
    }
    let (from, to) = window(call.now, &input)?;
    // The window's last millisecond belongs to it.
    let end = Timestamp(to.0.saturating_add(1));
    let first = keys::events_from(&call.scope, from);
    let listing = call
        .store
        .range(&first, &keys::events_from(&call.scope, end))
        .await
        .map_err(store_failed)?;
    let mut found = Vec::new();
    for (key, value, _) in listing.records() {
        let event: Event = serde_json::from_slice(value).map_err(|error| {
            tracing::error!(key, %error, "a record cannot be read");
            CommonError::InternalFailure
                .with("A stored record cannot be read; the service's log names it.")
        })?;
        if wanted(&event, &input) {
            found.push(event);
        }
    }
    let (told, marker) = pagination::page(
        found,
        Event::key,
        input.max_records,
        input.marker.as_deref(),
    )?;
    Ok(EventsMessage {
        marker,
        events: Some(told.into_iter().map(described).collect()),
    })
}

/// `StartTime` to `EndTime`; what is missing follows from `Duration`, an hour if that is
/// missing too. Events are kept for 14 days.
fn window(
    now: Timestamp,
    input: &DescribeEventsMessage,
) -> Result<(Timestamp, Timestamp), ApiError> {
    let minutes = input.duration.unwrap_or(MINUTES_DEFAULT);
    let span = u64::try_from(minutes)
        .map(|minutes| Duration::from_secs(minutes * 60))
        .map_err(|_| {
            Fault::InvalidParameterValue.with(format!(
                "Invalid value {minutes} for Duration. Must not be negative."
            ))
        })?;
    let given =
        |time: proto_awsquery::Timestamp| Timestamp(u64::try_from(time.0).unwrap_or_default());
    let (from, to) = match (input.start_time.map(given), input.end_time.map(given)) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) if input.duration.is_some() => (from, from.saturating_add(span)),
        (Some(from), None) => (from, now.max(from)),
        (None, Some(to)) => (to.saturating_sub(span), to),
        (None, None) => (now.saturating_sub(span), now),
    };
    if from > to {
        return Err(
            Fault::InvalidParameterCombination.with("StartTime must not be later than EndTime.")
        );
    }
    Ok((from.max(now.saturating_sub(event::EVENTS_KEPT)), to))
}

fn wanted(event: &Event, input: &DescribeEventsMessage) -> bool {
    let kind = input
        .source_type
        .as_deref()
        .is_none_or(|kind| kind == event.source.as_str());
    kind && input
        .source_identifier
        .as_deref()
        .is_none_or(|id| id.eq_ignore_ascii_case(&event.source_id))
}

fn described(event: Event) -> types::Event {
    types::Event {
        source_identifier: Some(event.source_id),
        source_type: Some(event.source.as_str().to_owned()),
        message: Some(event.message),
        date: Some(proto_time(event.at)),
    }
}

#[cfg(test)]
mod tests {
    use control_model::{CacheClusterId, Event, ReplicationGroupId, Timestamp, testing};

    use crate::testing::{Api, NOW};

    const MINUTE: u64 = 60_000;

    async fn with_events() -> Api {
        let api = Api::start().await;
        let group = ReplicationGroupId::parse("demo").expect("an id");
        let cluster = CacheClusterId::parse("demo-001").expect("an id");
        let scope = testing::scope();
        let ago = |minutes: u64| Timestamp(NOW.0 - minutes * MINUTE);
        for event in [
            Event::of_group(&scope, ago(15 * 24 * 60), &group, "long ago"),
            Event::of_group(&scope, ago(90), &group, "earlier"),
            Event::of_cluster(&scope, ago(5), &cluster, "first"),
            Event::of_group(&scope, ago(4), &group, "second"),
            Event::of_group(&scope, NOW, &group, "now"),
        ] {
            api.put(&event).await;
        }
        api
    }

    fn messages(xml: &str) -> Vec<&str> {
        xml.split("<Message>")
            .skip(1)
            .filter_map(|rest| rest.split("</Message>").next())
            .collect()
    }

    #[tokio::test]
    async fn the_last_hour_is_told_oldest_first() {
        let api = with_events().await;
        let answer = api.answer("DescribeEvents", "").await;
        assert_eq!(messages(&answer), ["first", "second", "now"]);
        assert!(answer.contains(
            "<SourceIdentifier>demo-001</SourceIdentifier><SourceType>cache-cluster</SourceType>"
        ));
    }

    #[tokio::test]
    async fn the_window_and_the_source_can_be_chosen() {
        let api = with_events().await;
        let start = proto_awsquery::Timestamp(i64::try_from(NOW.0 - 100 * MINUTE).expect("small"));
        for (body, found) in [
            (
                "Duration=120".to_owned(),
                vec!["earlier", "first", "second", "now"],
            ),
            (
                "Duration=100000".to_owned(),
                vec!["earlier", "first", "second", "now"],
            ),
            (format!("StartTime={start}&Duration=30"), vec!["earlier"]),
            (
                format!("StartTime={start}&SourceType=cache-cluster"),
                vec!["first"],
            ),
            (
                "SourceType=replication-group&SourceIdentifier=DEMO".to_owned(),
                vec!["second", "now"],
            ),
            ("SourceType=user".to_owned(), vec![]),
        ] {
            assert_eq!(
                messages(&api.answer("DescribeEvents", &body).await),
                found,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn impossible_questions_are_refused() {
        let api = Api::start().await;
        for (body, code) in [
            ("SourceIdentifier=demo", "InvalidParameterCombination"),
            (
                "StartTime=2026-01-02T00:00:00Z&EndTime=2026-01-01T00:00:00Z",
                "InvalidParameterCombination",
            ),
            ("Duration=-1", "InvalidParameterValue"),
            ("SourceType=cache", "ValidationError"),
            ("MaxRecords=5", "InvalidParameterValue"),
        ] {
            assert_eq!(
                api.refusal("DescribeEvents", body).await.code,
                code,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn events_of_another_region_are_not_told() {
        let api = with_events().await;
        let answer = api.send_to("eu-west-1", "DescribeEvents", "").await;
        assert!(messages(&answer.body).is_empty(), "{}", answer.body);
    }
}
