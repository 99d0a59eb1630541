//! How our Lua functions reach the unit that runs the script: by a pointer that is set for as long as it runs.
#![allow(
    unsafe_code,
    reason = "Lua functions outlive the unit that calls them, so that no lifetime can tie them to it"
)]

use std::cell::Cell;

/// Which effects of a script's commands are journalled (`redis.set_repl`).
pub(crate) const REPL_AOF: u8 = 1;
pub(crate) const REPL_REPLICA: u8 = 2;

/// What a script can ask of the unit that runs it.
pub(crate) trait Host {
    /// Runs a command and writes its reply into `reply`, in the script's version of the protocol; or an error that
    /// kept it from running.
    fn call(&mut self, args: &[&[u8]], reply: &mut Vec<u8>) -> Result<(), engine_dispatch::Error>;
    /// Whether the caller may run a command; `None` if there is no such command.
    fn may_run(&mut self, args: &[&[u8]]) -> Option<bool>;
    /// `redis.setresp`
    fn set_resp3(&mut self, yes: bool);
    /// `redis.set_repl`: bits `REPL_AOF` and `REPL_REPLICA`.
    fn set_repl(&mut self, to: u8);
    /// A line for the node's log; level 0 is debug, 3 warning.
    fn log(&mut self, level: u8, line: &[u8]);
    /// Called now and then while the script runs; the text of the error that ends it, if it is to end.
    fn check(&mut self) -> Option<&'static str>;
}

type Pointer = *mut (dyn Host + 'static);

thread_local! {
    static CURRENT: Cell<Option<Pointer>> = const { Cell::new(None) };
}

/// Puts back what was there before, also when the call between unwinds.
struct Restore(Option<Pointer>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Runs `f`, in which [`with`] reaches `host`.
pub(crate) fn enter<'h, R>(host: &'h mut (dyn Host + 'h), f: impl FnOnce() -> R) -> R {
    let pointer: *mut (dyn Host + 'h) = host;
    // SAFETY: only the lifetime changes. The pointer is gone from `CURRENT` when this function returns, before `'h`
    // ends, and nobody but `with` reads it.
    let pointer: Pointer = unsafe { std::mem::transmute(pointer) };
    let _restore = Restore(CURRENT.replace(Some(pointer)));
    f()
}

/// Runs `f` on the host of the script that runs on this thread; `None` outside of one, and inside another `with`.
pub(crate) fn with<R>(f: impl FnOnce(&mut dyn Host) -> R) -> Option<R> {
    // Taken out meanwhile: there is never a second reference.
    let pointer = CURRENT.take()?;
    let _restore = Restore(Some(pointer));
    // SAFETY: the pointer was made from an exclusive reference that `enter` holds until it has taken the pointer
    // away again, on this same thread; it is used once at a time.
    Some(f(unsafe { &mut *pointer }))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u32);

    impl Host for Counting {
        fn call(&mut self, _: &[&[u8]], _: &mut Vec<u8>) -> Result<(), engine_dispatch::Error> {
            self.0 += 1;
            assert!(with(|_| ()).is_none(), "a second reference");
            Ok(())
        }
        fn may_run(&mut self, _: &[&[u8]]) -> Option<bool> {
            None
        }
        fn set_resp3(&mut self, _: bool) {}
        fn set_repl(&mut self, _: u8) {}
        fn log(&mut self, _: u8, _: &[u8]) {}
        fn check(&mut self) -> Option<&'static str> {
            None
        }
    }

    #[test]
    fn the_host_is_reached_inside_only_and_once_at_a_time() {
        let call = || with(|host| host.call(&[], &mut Vec::new()).is_ok());
        assert_eq!(call(), None);
        let (mut outer, mut inner) = (Counting(0), Counting(0));
        enter(&mut outer, || {
            assert_eq!(call(), Some(true));
            enter(&mut inner, || assert_eq!(call(), Some(true)));
            assert_eq!(call(), Some(true));
        });
        assert_eq!((outer.0, inner.0), (2, 1));
        assert_eq!(call(), None);
    }
}
