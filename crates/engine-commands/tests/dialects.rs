//! The same commands in the dialects of several servers.

use engine_session::transcript::Stage;

fn stage(engine: &str, version: &str) -> Stage {
    let config = params::Config::new();
    let pairs: [(&[u8], &[u8]); 2] = [
        (b"engine", engine.as_bytes()),
        (b"engine-version", version.as_bytes()),
    ];
    config.set(&pairs, true).expect("an engine and a version");
    Stage::with(config, engine_commands::table())
}

#[test]
fn scores_have_the_digits_of_their_time() {
    stage("redis", "7.0.15").play(
        "> ZADD z 0.1 a
         < :1
         > ZSCORE z a
         < $19
         < 0.10000000000000001
         3> ZRANGE z 0 -1 WITHSCORES
         < *1
         < *2
         < $1
         < a
         < ,0.10000000000000001
         > ZSCAN z 0
         < *2
         < $1
         < 0
         < *2
         < $1
         < a
         < $19
         < 0.10000000000000001",
    );
    stage("redis", "7.2.4").play("> ZADD z 0.1 a\n< :1\n> ZSCORE z a\n< $3\n< 0.1");
    stage("valkey", "8.0.1").play("> ZADD z 0.1 a\n< :1\n> ZSCORE z a\n< $3\n< 0.1");
}

#[test]
fn hashes_with_times() {
    stage("valkey", "9.1.2").play(
        "> HSET h a 1
         < :1
         > HPEXPIRE h 1400 FIELDS 1 a
         < *1
         < :1
         > OBJECT ENCODING h
         < $9
         < hashtable
         > HTTL h FIELDS 1 a
         < *1
         < :1
         > HTTL h FIELDS 2 a
         < -ERR syntax error
         > HEXPIRE h 10 NX GT FIELDS 1 a
         < -ERR NX and XX, GT or LT options at the same time are not compatible
         > HEXPIRE h -1 FIELDS 1 a
         < -ERR invalid expire time in 'hexpire' command
         > HGETEX h KEEPTTL FIELDS 1 a
         < -ERR syntax error
         > HSETEX h XX FIELDS 1 a 2
         < :1
         > HSETEX h NX FIELDS 1 a 2
         < :0
         > HGETDEL h FIELDS 0 a
         < -ERR numfields should be greater than 0 and match the provided number of fields",
    );
}
