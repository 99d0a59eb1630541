//! EVAL

use crate::scripting::shared_script::SCRIPT_FLAGS;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, Plan};
use engine_scripting::Scripts;

pub(crate) const COMMAND: Command = Command {
    name: "eval",
    arity: -3,
    flags: SCRIPT_FLAGS.union(Flags::MAY_REPLICATE),
    acl: Acl::SCRIPTING,
    keys: &[KeySpec::counted(
        2,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    plan: Plan::Wide,
    group: Group::Scripting,
    since: "2.6.0",
    complexity: "Depends on the script that is executed.",
    summary: "Runs a Lua script.",
    syntax: "script numkeys [key [key ...]] [arg [arg ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    Scripts::of(cx.server)?.eval(cx, args, false, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn unpacking_more_than_the_stack_holds_is_refused() {
        play(
            "> EVAL 'return {unpack({1,2,3}, -2, 2147483647)}' 0
             < -ERR user_script:1: too many results to unpack script: 0395f41f7d84d21b4b0eb98ccabc18f4db2105a7, on @user_script:1.
             > EVAL 'return {unpack({1,2,3}, -2147483648, -2)}' 0
             < -ERR user_script:1: too many results to unpack script: 7663ebc0c35e4dc823801145cd7799b4c9614473, on @user_script:1.
             > EVAL 'return {unpack({1,2,3}, 1, 9000)}' 0
             < -ERR user_script:1: too many results to unpack script: 18402171ed735dd3c2618ca5455a469fda77e4a6, on @user_script:1.
             > EVAL 'return {unpack({1,2,3}, -1, -2)}' 0
             < *0
             > EVAL 'return {unpack({1,2,3}, \"2\")}' 0
             < *2
             < :2
             < :3
             > EVAL 'return #{unpack({}, 1, 7000)}' 0
             < :0",
        );
    }

    #[test]
    fn lua_values_become_replies() {
        play(
            "> EVAL 'return 3.99' 0
             < :3
             > EVAL \"return '3.99'\" 0
             < $4
             < 3.99
             > EVAL 'return {1,2,nil,4}' 0
             < *2
             < :1
             < :2
             > EVAL 'return true' 0
             < :1
             > EVAL 'return false' 0
             < $-1
             > EVAL \"return {ok='fine'}\" 0
             < +fine
             > EVAL \"return {err='My Err'}\" 0
             < -My Err
             > EVAL \"return {1,{2,'x'},false,true}\" 0
             < *4
             < :1
             < *2
             < :2
             < $1
             < x
             < $-1
             < :1
             3> EVAL 'return {true,false}' 0
             < *2
             < :1
             < _
             3> EVAL 'redis.setresp(3) return {true,false}' 0
             < *2
             < #t
             < #f",
        );
    }

    #[test]
    fn keys_and_arguments_are_those_of_the_call() {
        play(
            "> EVAL 'return {#KEYS,#ARGV}' 1 a b
             < *2
             < :1
             < :1
             > EVAL 'return {#KEYS,#ARGV,ARGV[2]}' 3 a b c x y
             < *3
             < :3
             < :2
             < $1
             < y
             > EVAL 'return {#KEYS,#ARGV}' 0
             < *2
             < :0
             < :0
             > EVAL 'return 1' -1
             < -ERR Number of keys can't be negative
             > EVAL 'return 1' 5
             < -ERR Number of keys can't be greater than number of args
             > EVAL 'return 1' x
             < -ERR value is not an integer or out of range",
        );
    }

    #[test]
    fn commands_answer_and_undeclared_keys_are_found() {
        play(
            "> EVAL \"return redis.call('SET',ARGV[1],'v')\" 0 dyn:key
             < +OK
             > GET dyn:key
             < $1
             < v
             > EVAL \"return redis.call('EXISTS','nope:'..ARGV[1])\" 0 q
             < :0
             > EVAL \"local t=redis.call('ttl','none') if t<5 then return t end return 'big'\" 0
             < :-2
             > EVAL \"return redis.call('keys','*')\" 0
             < *1
             < $7
             < dyn:key
             > EVAL \"return redis.call('scan','0','count','100000')\" 0
             < *2
             < $1
             < 0
             < *1
             < $7
             < dyn:key
             > EVAL \"redis.call('select','3') redis.call('set','k','three') return redis.call('get','k')\" 0
             < $5
             < three
             > GET k
             < $-1",
        );
    }

    #[test]
    fn errors_say_where() {
        play(
            "> SET str v
             < +OK
             > EVAL \"return redis.call('LPUSH','str','x')\" 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value script: 7bc671d6e9469a4c7daf2aeb86e1d9e998232152, on @user_script:1.
             > EVAL \"local r=redis.pcall('LPUSH','str','x') return r.err\" 0
             < $65
             < WRONGTYPE Operation against a key holding the wrong kind of value
             > EVAL 'return redis.call({})' 0
             < -ERR Lua redis lib command arguments must be strings or integers script: 80747816df1f4411f7c442b928fce6a814214839, on @user_script:1.
             > EVAL 'return redis.call()' 0
             < -ERR Please specify at least one argument for this redis lib call script: 0a907e1429221a4d85516cab7fd219a82a9439d8, on @user_script:1.
             > EVAL \"return redis.call('nosuch')\" 0
             < -ERR Unknown Redis command called from script script: 206396248e12c6e742fd7296250433c8d7343b74, on @user_script:1.
             > PING
             < +PONG
             > EVAL 'return nosuchvar' 0
             < -ERR user_script:1: Script attempted to access nonexistent global variable 'nosuchvar' script: 3760de6215cfaea2540c14931183da92462bc404, on @user_script:1.
             > EVAL 'newglob=1' 0
             < -ERR user_script:1: Attempt to modify a readonly table script: a0d0c10b32af9fd4da4fce7ce43e4bed9157156c, on @user_script:1.
             > EVAL 'string.x=1' 0
             < -ERR user_script:1: Attempt to modify a readonly table script: 0200261db1e7771c266e77366576961c8f228af1, on @user_script:1.
             > EVAL 'return +' 0
             < -ERR Error compiling script (new function): user_script:1: unexpected symbol near '+'",
        );
    }
}
