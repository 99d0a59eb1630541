//! Reading typed values, who may change what, and taking a change back.

use params::choices::{MaxmemoryPolicy, OomScoreAdj, notify};
use params::{BufferLimit, ClientClass, Config, Id, Origin, SavePoint, SetError};

fn never(_: &[u8], _: &[u8]) -> bool {
    false
}

fn all(_: &[u8], _: &[u8]) -> bool {
    true
}

fn set(config: &Config, name: &str, value: &str) {
    config
        .set(&[(name.as_bytes(), value.as_bytes())], true)
        .unwrap();
}

#[test]
fn typed_values() {
    let config = Config::new();
    set(&config, "maxmemory", "18446744073709551615");
    assert_eq!(config.memory(params::MAXMEMORY), u64::MAX);
    set(&config, "maxmemory-policy", "allkeys-lfu");
    assert_eq!(
        config.pick::<MaxmemoryPolicy>(params::MAXMEMORY_POLICY),
        MaxmemoryPolicy::AllkeysLfu
    );
    assert_eq!(config.choice(params::MAXMEMORY_POLICY), "allkeys-lfu");
    set(&config, "oom-score-adj", "relative");
    assert_eq!(
        config.pick::<OomScoreAdj>(params::OOM_SCORE_ADJ),
        OomScoreAdj::Relative
    );
    set(&config, "appendonly", "yes");
    assert!(config.flag(params::APPENDONLY));
    set(&config, "notify-keyspace-events", "Kx");
    assert_eq!(
        config.int(params::NOTIFY_KEYSPACE_EVENTS),
        notify::KEYSPACE | notify::EXPIRED
    );
    set(&config, "masterauth", "secret");
    assert_eq!(config.text(params::MASTERAUTH), "secret");
    assert_eq!(&*config.bytes(params::MASTERAUTH), b"secret");
    set(&config, "maxmemory-clients", "5%");
    assert_eq!(config.int(params::MAXMEMORY_CLIENTS), -5);
}

#[test]
fn composite_values() {
    let config = Config::new();
    assert_eq!(
        config.save_points()[1],
        SavePoint {
            seconds: 300,
            changes: 100
        }
    );
    set(&config, "save", "");
    assert_eq!(config.save_points(), []);
    assert_eq!(config.bind(), ["*", "-::*"]);
    set(&config, "bind", "");
    assert_eq!(config.bind(), [""; 0]);
    assert_eq!(config.replica_of(), None);
    set(&config, "replicaof", "::1 7000");
    assert_eq!(config.replica_of(), Some(("::1".to_owned(), 7000)));
    assert_eq!(config.percentiles(), [50.0, 99.0, 99.9]);
    assert_eq!(config.oom_score_adj_values(), [0, 200, 800]);
    let limit = BufferLimit {
        hard_bytes: 32 << 20,
        soft_bytes: 8 << 20,
        soft_seconds: 60,
    };
    assert_eq!(config.buffer_limit(ClientClass::Pubsub), limit);
}

#[test]
fn a_secret_is_never_shown() {
    let config = Config::new();
    set(&config, "elastane-link-secret", "hush");
    assert_eq!(config.get(&[b"elastane-link-secret"], never), []);
    let listed = config.get(&[b"*"], all);
    assert!(!listed.iter().any(|(_, value)| value == b"hush"));
    assert_eq!(config.text(params::ELASTANE_LINK_SECRET), "hush");
}

#[test]
fn a_hidden_parameter_is_shown_by_its_name() {
    let config = Config::new();
    assert_eq!(
        config.get(&[b"Key-load-delay"], never),
        [("Key-load-delay".to_owned(), b"0".to_vec())]
    );
    assert!(
        !config
            .get(&[b"key-*"], all)
            .iter()
            .any(|(name, _)| name == "key-load-delay")
    );
}

#[test]
fn a_name_matched_twice_is_listed_once() {
    let config = Config::new();
    let got = config.get(&[b"MaxMemory", b"maxmemory", b"*"], |_, name| {
        name == b"maxmemory"
    });
    assert_eq!(got, [("MaxMemory".to_owned(), b"0".to_vec())]);
}

#[test]
fn changed_parameters_are_named() {
    let config = Config::new();
    let pairs: [(&[u8], &[u8]); 3] = [
        (b"hz", b"10"),
        (b"slave-priority", b"5"),
        (b"tls-cert-file", b""),
    ];
    // hz has that value already; a certificate may have been replaced under its name.
    assert_eq!(
        config.set(&pairs, false),
        Ok(vec![params::REPLICA_PRIORITY, params::TLS_CERT_FILE])
    );
}

#[test]
fn origins() {
    let set = |config: &Config, name: &[u8], value: &[u8], origin| {
        config.set_and_apply(&[(name, value)], origin, &mut |_| Ok(()))
    };
    let client = Origin::default();
    let local = Origin {
        local: true,
        ..client
    };
    let config = Config::new();
    let refused = set(&config, b"dir", b"/x", local).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "CONFIG SET failed (possibly related to argument 'dir') - can't set protected config"
    );
    config
        .set(&[(b"enable-protected-configs", b"local")], true)
        .unwrap();
    assert!(set(&config, b"dir", b"/x", client).is_err());
    assert!(set(&config, b"dir", b"/x", local).is_ok());
    let loading = Origin {
        loading: true,
        ..local
    };
    let refused = set(&config, b"appendonly", b"yes", loading).unwrap_err();
    assert_eq!(refused, SetError::Loading);
    assert_eq!(
        format!("{} {refused}", refused.code()),
        "LOADING Redis is loading the dataset in memory"
    );
}

#[test]
fn what_cannot_be_carried_out_is_taken_back() {
    let config = Config::new();
    let mut applied: Vec<(Id, i64)> = Vec::new();
    let pairs: [(&[u8], &[u8]); 3] = [(b"timeout", b"7"), (b"PORT", b"80"), (b"hz", b"20")];
    let error = config.set_and_apply(&pairs, Origin::default(), &mut |id| {
        applied.push((id, config.int(id)));
        if id == params::PORT {
            Err("Unable to listen on this port.".to_owned())
        } else {
            Ok(())
        }
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port."
    );
    // Applied, refused, applied again with the old value.
    assert_eq!(
        applied,
        [
            (params::TIMEOUT, 7),
            (params::PORT, 80),
            (params::TIMEOUT, 0)
        ]
    );
    assert_eq!(config.int(params::HZ), 10);
    assert_eq!(config.int(params::PORT), 6379);
}

#[test]
fn an_error_is_one_line() {
    let error = Config::new()
        .set(&[(b"no\r\nsuch", b"1")], false)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Unknown option or number of arguments for CONFIG SET - 'no  such'"
    );
}

#[test]
fn a_size_beyond_64_bits_is_refused() {
    let config = Config::new();
    for size in ["99999999999gb", "18446744073709551616", "17179869184gb"] {
        let error = config
            .set(&[(b"maxmemory", size.as_bytes())], false)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("argument must be a memory value"),
            "{size}"
        );
    }
    set(&config, "maxmemory", "17179869183gb");
}

#[test]
fn the_node_may_put_what_clients_may_not_set() {
    let config = Config::new();
    config
        .put(params::REPLICAOF, &[b"10.0.0.1", b"6379"])
        .unwrap();
    assert_eq!(config.show(params::REPLICAOF), b"10.0.0.1 6379");
    config.put(params::REPLICAOF, &[b"no", b"one"]).unwrap();
    assert_eq!(config.replica_of(), None);
    assert!(config.put(params::REPLICAOF, &[b"10.0.0.1"]).is_err());
}

#[test]
fn readers_see_whole_values_while_writers_change_them() {
    let config = Config::new();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let config = &config;
            scope.spawn(move || {
                for round in 0..500 {
                    let (save, auth) = if (round + thread) % 2 == 0 {
                        ("1 2", "a")
                    } else {
                        ("3 4 5 6", "bb")
                    };
                    set(config, "save", save);
                    set(config, "masterauth", auth);
                }
            });
        }
        for _ in 0..500 {
            assert!(matches!(
                config.show(params::SAVE).as_slice(),
                b"1 2" | b"3 4 5 6" | b"3600 1 300 100 60 10000"
            ));
            assert!(matches!(
                config.text(params::MASTERAUTH).as_str(),
                "" | "a" | "bb"
            ));
        }
    });
}
