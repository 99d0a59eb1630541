//! The agent with a reconciler and real processes: creation, hand-over of
//! listeners, loss of the primary, loss of the service, deletion.

mod host;

use control_model::{GroupStatus, Timestamp};
use host::{TestHost, ask};
use rustix::process::Signal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_served_on_one_port_and_survives_its_primary() {
    let host = TestHost::with_group(3).await;
    let view = host.until_whole(3).await;
    let group = view.group(&host.group).unwrap();
    let primary = group.primary_endpoint().unwrap();
    let reader = group.reader_endpoint().unwrap();
    let nodes: Vec<_> = group
        .members()
        .iter()
        .map(|m| m.endpoint().unwrap())
        .collect();
    assert!(
        nodes
            .iter()
            .all(|n| n.port() == primary.port() && n.ip() != primary.ip())
    );
    assert_eq!(
        ask(primary, "WHO"),
        "+123456789012/us-east-1/demo-001/1 Primary primary"
    );
    assert!(ask(reader, "WHO").ends_with("Replica reader"));
    assert_eq!(ask(primary, "WRITE"), "+1");
    assert_eq!(ask(reader, "WRITE"), "-READONLY");

    host.signal(1, Signal::KILL).await;
    // The next connection waits in the queue for the new primary.
    let who = ask(primary, "WHO");
    assert!(
        who.ends_with("Primary primary") && !who.contains("demo-001"),
        "{who}"
    );
    assert!(ask(reader, "WHO").ends_with("reader"));
    let view = host
        .until(|v| v.nodes[&host.group.member(1)].data == 2)
        .await;
    let new = view.group(&host.group).unwrap().primary().unwrap();
    host.until_whole(3).await;
    let messages = host.messages().await;
    let failover = format!("Failover from primary node demo-001 to replica node {new} completed");
    let expected = [
        failover.as_str(),
        failover.as_str(),
        "Recovering cache nodes 0001",
        "Finished recovery for cache nodes 0001",
    ];
    assert_eq!(messages[messages.len() - 4..], expected);
    assert_eq!(
        ask(nodes[0], "WHO"),
        "+123456789012/us-east-1/demo-001/2 Replica node"
    );
    finish(host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_primary_is_killed_and_followed() {
    let host = TestHost::with_group(2).await;
    host.signal(1, Signal::STOP).await;
    let view = host
        .until(|v| v.group(&host.group).unwrap().primary() == Some(host.group.member(2)))
        .await;
    let primary = view.group(&host.group).unwrap().primary_endpoint().unwrap();
    assert_eq!(
        ask(primary, "WHO"),
        "+123456789012/us-east-1/demo-002/1 Primary primary"
    );
    host.until_whole(2).await;
    finish(host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_the_service_and_are_adopted() {
    let mut host = TestHost::with_group(2).await;
    let before = host.pids().await;
    let view = host.view().await;
    let primary = view.group(&host.group).unwrap().primary_endpoint().unwrap();
    host.lose_service().await;
    assert!(ask(primary, "WHO").contains("demo-001"), "it serves on");
    host.start_service().await;
    assert_eq!(host.pids().await, before);
    assert!(ask(primary, "WHO").contains("demo-001"));
    // The listener came back from the node: it can be handed to the next one.
    host.signal(1, Signal::KILL).await;
    assert!(ask(primary, "WHO").contains("demo-002"));
    host.until_whole(2).await;

    // The same without any record of the processes.
    let before = host.pids().await;
    host.lose_service().await;
    host.forget_processes();
    host.start_service().await;
    assert_eq!(host.pids().await, before);

    // A primary that dies while there is no service is followed when one comes.
    host.lose_service().await;
    host.signal(2, Signal::KILL).await;
    host.start_service().await;
    assert!(ask(primary, "WHO").contains("demo-001"));
    host.until_whole(2).await;
    finish(host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_service_ends_its_nodes_and_starts_them_again() {
    let mut host = TestHost::with_group(2).await;
    let before = host.messages().await;
    host.stop_service().await;
    assert!(host.pids().await.is_empty());
    host.start_service().await;
    let view = host.view().await;
    let primary = view.group(&host.group).unwrap().primary_endpoint().unwrap();
    assert_eq!(
        ask(primary, "WHO"),
        "+123456789012/us-east-1/demo-001/1 Primary primary"
    );
    assert_eq!(host.messages().await, before);
    finish(host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_grows_shrinks_and_lets_clients_know_when_nobody_serves() {
    let host = TestHost::with_group(1).await;
    let view = host.view().await;
    let group = view.group(&host.group).unwrap();
    let (reader, primary) = (
        group.reader_endpoint().unwrap(),
        group.primary_endpoint().unwrap(),
    );
    assert!(
        ask(reader, "WHO").ends_with("Primary reader"),
        "no replica, so the primary reads"
    );
    host.change_group(|g| drop(g.add_members(1, &[], Timestamp(2), |_| false)))
        .await;
    host.until(|v| v.group(&host.group).unwrap().status() == GroupStatus::Available)
        .await;
    host.until(|v| v.seen[&host.group.member(1)].serving.len() == 1)
        .await;
    assert!(ask(reader, "WHO").ends_with("Replica reader"));
    let going = [host.group.member(2)];
    host.change_group(|g| g.remove_members(&going)).await;
    host.until(|v| v.group(&host.group).unwrap().status() == GroupStatus::Available)
        .await;
    assert!(ask(reader, "WHO").ends_with("Primary reader"));
    assert!(ask(primary, "WHO").ends_with("Primary primary"));
    finish(host).await;
}

/// Deletes the group; no process, no record and no file of a node stays.
async fn finish(mut host: TestHost) {
    let pids = host.pids().await;
    host.change_group(|g| {
        let asked_at = Timestamp(3);
        g.deleting = Some(control_model::replication_group::Deletion { asked_at });
    })
    .await;
    host.until(|v| v.groups.is_empty() && v.nodes.is_empty() && v.seen.is_empty())
        .await;
    for pid in pids {
        // The corpse of an adopted one stays until this test, its parent, ends.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    }
    host.stop_service().await;
    assert!(host.node_files().is_empty());
}
