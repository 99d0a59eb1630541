//! Groups driven through creation, losses, scaling and deletion over the real
//! store, with simulated agents: every step of reconciler and agents may be the
//! last one before a crash, in an order drawn from a seed.

#[path = "simulation/mod.rs"]
mod simulation;

use control_model::{AutomaticFailoverStatus, GroupStatus, Role};
use simulation::Simulation;

#[tokio::test]
async fn a_group_becomes_available_with_all_members() {
    for seed in 0..6 {
        let mut sim = Simulation::new(seed, 3).await;
        sim.until_at_rest().await;
        let view = sim.view().await;
        let group = view.group(&sim.group).unwrap();
        assert_eq!(group.status(), GroupStatus::Available, "seed {seed}");
        assert_eq!(group.automatic_failover(), AutomaticFailoverStatus::Enabled);
        let roles: Vec<_> = group.members().iter().map(|m| m.role().unwrap()).collect();
        assert_eq!(roles, [Role::Primary, Role::Replica, Role::Replica]);
        assert!(group.primary_endpoint().is_some() && group.reader_endpoint().is_some());
        assert!(group.members().iter().all(|m| m.endpoint().is_some()));
        sim.check_serving().await;
    }
}

#[tokio::test]
async fn a_lost_primary_is_followed_by_the_replica_with_most_data_and_replaced() {
    for seed in 0..12 {
        let mut sim = Simulation::new(seed, 3).await;
        sim.until_at_rest().await;
        let best = sim.lag_one_replica();
        sim.kill("demo-001").await;
        sim.until_at_rest().await;
        let view = sim.view().await;
        let group = view.group(&sim.group).unwrap();
        assert_eq!(group.primary().unwrap(), best, "seed {seed}");
        assert_eq!(group.status(), GroupStatus::Available);
        assert!(
            group
                .members()
                .iter()
                .all(|m| m.status().as_str() == "available")
        );
        let text = format!("Failover from primary node demo-001 to replica node {best} completed");
        let wanted = [
            ("demo-001".to_owned(), text.clone()),
            ("demo".to_owned(), text),
            (
                "demo-001".to_owned(),
                "Recovering cache nodes 0001".to_owned(),
            ),
            (
                "demo-001".to_owned(),
                "Finished recovery for cache nodes 0001".to_owned(),
            ),
        ];
        assert_eq!(sim.last_events(4).await, wanted, "seed {seed}");
        sim.check_serving().await;
    }
}

#[tokio::test]
async fn a_hung_primary_is_killed_before_anyone_is_promoted() {
    let mut sim = Simulation::new(3, 2).await;
    sim.until_at_rest().await;
    sim.hang("demo-001").await;
    sim.until_at_rest().await;
    let view = sim.view().await;
    assert_eq!(
        view.group(&sim.group).unwrap().primary().unwrap().as_str(),
        "demo-002"
    );
    assert_eq!(sim.process_of("demo-001"), 2);
    sim.check_serving().await;
}

#[tokio::test]
async fn a_hung_primary_without_replica_is_left_alone() {
    let mut sim = Simulation::new(3, 1).await;
    sim.until_at_rest().await;
    sim.hang("demo-001").await;
    sim.until_at_rest().await;
    assert_eq!(sim.process_of("demo-001"), 1);
}

#[tokio::test]
async fn a_lone_primary_starts_again_in_place() {
    let mut sim = Simulation::new(5, 1).await;
    sim.until_at_rest().await;
    sim.kill("demo-001").await;
    sim.until_at_rest().await;
    assert_eq!(
        (sim.process_of("demo-001"), sim.data_of("demo-001")),
        (2, 1)
    );
    let finished = "Finished recovery for cache nodes 0001".to_owned();
    assert_eq!(
        sim.last_events(1).await,
        [("demo-001".to_owned(), finished)]
    );
    sim.check_serving().await;
}

#[tokio::test]
async fn losses_upon_losses_end_well_and_never_with_two_primaries() {
    for seed in 100..125 {
        let mut sim = Simulation::new(seed, 4).await;
        sim.until_at_rest().await;
        sim.chaos(6).await;
        sim.until_at_rest().await;
        let view = sim.view().await;
        let group = view.group(&sim.group).unwrap();
        assert_eq!(group.status(), GroupStatus::Available, "seed {seed}");
        assert!(
            group
                .members()
                .iter()
                .all(|m| m.status().as_str() == "available"),
            "seed {seed}"
        );
        sim.check_serving().await;
    }
}

#[tokio::test]
async fn without_automatic_failover_the_primary_is_rebuilt_from_a_replica() {
    let mut sim = Simulation::new(8, 3).await;
    sim.until_at_rest().await;
    sim.change_group(|g| {
        g.automatic_failover = false;
        g.generation += 1;
    })
    .await;
    sim.until_at_rest().await;
    let before = sim.offset_of("demo-001");
    sim.kill("demo-001").await;
    sim.until_at_rest().await;
    let view = sim.view().await;
    let group = view.group(&sim.group).unwrap();
    assert_eq!(group.primary().unwrap().as_str(), "demo-001");
    assert_eq!(
        group.automatic_failover(),
        AutomaticFailoverStatus::Disabled
    );
    assert!(sim.offset_of("demo-001") >= before, "the data came back");
    sim.check_serving().await;
}

#[tokio::test]
async fn a_test_failover_happens_once() {
    let mut sim = Simulation::new(9, 3).await;
    sim.until_at_rest().await;
    sim.change_group(|g| g.test_failovers += 1).await;
    sim.until_at_rest().await;
    let view = sim.view().await;
    assert_eq!(view.group(&sim.group).unwrap().shard().unwrap().epoch, 2);
    assert_eq!(sim.process_of("demo-001"), 2);
    assert_eq!(
        view.group(&sim.group).unwrap().status(),
        GroupStatus::Available
    );
}

#[tokio::test]
async fn replicas_are_added_and_removed() {
    let mut sim = Simulation::new(11, 2).await;
    sim.until_at_rest().await;
    let now = control_model::Timestamp(7);
    sim.change_group(|g| drop(g.add_members(2, &[], now, |_| false)))
        .await;
    let view = sim.view().await;
    assert_eq!(
        view.group(&sim.group).unwrap().status(),
        GroupStatus::Modifying
    );
    sim.until_at_rest().await;
    assert_eq!(
        sim.alive(),
        ["demo-001", "demo-002", "demo-003", "demo-004"]
    );
    let going = [sim.group.member(2), sim.group.member(3)];
    sim.change_group(|g| g.remove_members(&going)).await;
    sim.until_at_rest().await;
    assert_eq!(sim.alive(), ["demo-001", "demo-004"]);
    let view = sim.view().await;
    assert_eq!(
        view.group(&sim.group).unwrap().status(),
        GroupStatus::Available
    );
    assert_eq!(view.endpoints.len(), 4, "primary, reader and two nodes");
}

#[tokio::test]
async fn a_stopped_service_starts_everything_again_without_failover() {
    let mut sim = Simulation::new(12, 3).await;
    sim.until_at_rest().await;
    let events = sim.last_events(100).await.len();
    sim.stop_service().await;
    sim.until_at_rest().await;
    let view = sim.view().await;
    let group = view.group(&sim.group).unwrap();
    assert_eq!(group.primary().unwrap().as_str(), "demo-001");
    assert_eq!(sim.alive().len(), 3);
    assert_eq!(
        sim.last_events(100).await.len(),
        events,
        "nothing happened that is an event"
    );
    sim.check_serving().await;
}

#[tokio::test]
async fn a_deleted_group_leaves_nothing_but_events() {
    for seed in 20..26 {
        let mut sim = Simulation::new(seed, 3).await;
        if seed % 2 == 0 {
            sim.until_at_rest().await;
        } else {
            sim.some_turns(8).await;
        }
        sim.delete_group().await;
        sim.until_at_rest().await;
        assert_eq!(sim.keys_left().await, Vec::<String>::new(), "seed {seed}");
        assert!(sim.alive().is_empty());
        assert!(sim.primary_ended_last());
    }
}
