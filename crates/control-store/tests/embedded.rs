//! The store's promises, against the embedded implementation.

use std::sync::Arc;
use std::time::Duration;

use control_store::{Change, EmbeddedStore, Store, StoreError, StoreExt, Txn, TxnExt, TxnOutcome};

struct Fixture {
    dir: tempfile::TempDir,
    store: EmbeddedStore,
}

async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&dir.path().join("s.redb"))
        .await
        .unwrap();
    Fixture { dir, store }
}

#[tokio::test]
async fn a_transaction_happens_as_a_whole_or_not_at_all() {
    let f = fixture().await;
    let first = f
        .store
        .txn(Txn::new().when_absent("a").put("a", "1").put("b", "1"))
        .await;
    let TxnOutcome::Committed(revision) = first.unwrap() else {
        panic!("nothing stood in the way")
    };
    let stale = Txn::new()
        .when("a", revision)
        .when_absent("b")
        .put("a", "2")
        .delete("b");
    assert_eq!(f.store.txn(stale).await.unwrap(), TxnOutcome::Conflict);
    assert_eq!(f.store.get("a").await.unwrap().unwrap().value, b"1");
    let good = Txn::new().when("a", revision).put("a", "2").delete("b");
    assert!(f.store.txn(good).await.unwrap().committed());
    let a = f.store.get("a").await.unwrap().unwrap();
    assert_eq!(
        (a.create_revision, a.mod_revision),
        (revision, revision + 1)
    );
    assert_eq!(f.store.get("b").await.unwrap(), None);
}

#[tokio::test]
async fn of_many_racing_counters_none_loses_a_count() {
    let f = fixture().await;
    let store = Arc::new(f.store.clone());
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            for _ in 0..5 {
                loop {
                    let (n, revision) = store.get_json::<u64>("n").await.unwrap().unwrap_or((0, 0));
                    let txn = Txn::new().when("n", revision).put_json("n", &(n + 1));
                    if store.txn(txn).await.unwrap().committed() {
                        break;
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.get_json::<u64>("n").await.unwrap().unwrap().0, 20);
}

#[tokio::test]
async fn listings_keep_to_their_prefix_and_range() {
    let f = fixture().await;
    let txn = ["x/1", "x/2", "x0", "w", "x/"]
        .iter()
        .fold(Txn::new(), |t, k| t.put(*k, "v"));
    f.store.txn(txn).await.unwrap();
    let keys = |l: control_store::Listing| l.entries.into_iter().map(|e| e.key).collect::<Vec<_>>();
    assert_eq!(
        keys(f.store.list("x/").await.unwrap()),
        ["x/", "x/1", "x/2"]
    );
    assert_eq!(
        keys(f.store.range("x/1", "x0").await.unwrap()),
        ["x/1", "x/2"]
    );
}

#[tokio::test]
async fn a_watch_gets_every_transaction_of_its_prefix_in_order() {
    let f = fixture().await;
    let mut watch = f.store.watch("x/").await.unwrap();
    f.store
        .txn(Txn::new().put("x/1", "a").put("y", "a"))
        .await
        .unwrap();
    f.store.txn(Txn::new().put("y", "b")).await.unwrap();
    f.store
        .txn(Txn::new().delete("x/1").delete("x/none"))
        .await
        .unwrap();
    let first = watch.next().await.unwrap();
    assert!(matches!(&first.changes[..], [Change::Put(e)] if e.key == "x/1"));
    let second = watch.next().await.unwrap();
    assert_eq!(
        second.changes,
        [Change::Deleted {
            key: "x/1".to_owned()
        }]
    );
    assert_eq!(second.revision, first.revision + 2);
}

#[tokio::test]
async fn an_ended_lease_takes_its_keys_along() {
    let f = fixture().await;
    let mut watch = f.store.watch("host/").await.unwrap();
    let lease = f
        .store
        .grant_lease(Duration::from_millis(200))
        .await
        .unwrap();
    f.store
        .txn(Txn::new().put_leased("host/a", "1", lease))
        .await
        .unwrap();
    f.store.keep_alive(lease).await.unwrap();
    watch.next().await.unwrap();
    let gone = watch.next().await.unwrap();
    assert_eq!(
        gone.changes,
        [Change::Deleted {
            key: "host/a".to_owned()
        }]
    );
    let late = f.store.keep_alive(lease).await;
    assert!(matches!(late, Err(StoreError::LeaseEnded(l)) if l == lease));
    let late = f
        .store
        .txn(Txn::new().put_leased("host/a", "1", lease))
        .await;
    assert!(matches!(late, Err(StoreError::LeaseEnded(_))));
}

#[tokio::test]
async fn a_reopened_store_has_all_that_was_committed_and_only_one_opener() {
    let f = fixture().await;
    let lease = f.store.grant_lease(Duration::from_secs(60)).await.unwrap();
    f.store
        .txn(Txn::new().put("a", "1").put_leased("h", "1", lease))
        .await
        .unwrap();
    let path = f.dir.path().join("s.redb");
    let second = EmbeddedStore::open(&path).await;
    assert!(matches!(second.err(), Some(StoreError::InUse { .. })));
    drop(f.store);
    let store = loop {
        // The lease sweeper may hold the file for one more turn.
        match EmbeddedStore::open(&path).await {
            Ok(store) => break store,
            Err(StoreError::InUse { .. }) => tokio::task::yield_now().await,
            Err(e) => panic!("{e}"),
        }
    };
    assert_eq!(store.get("a").await.unwrap().unwrap().value, b"1");
    store.keep_alive(lease).await.unwrap();
    store.revoke_lease(lease).await.unwrap();
    assert_eq!(store.get("h").await.unwrap(), None);
    let next = store.txn(Txn::new().put("b", "1")).await.unwrap();
    assert_eq!(next, TxnOutcome::Committed(3));
}
