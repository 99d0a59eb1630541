"""Counts checks and waits for conditions."""

import time
import traceback


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = []

    def check(self, text, holds, detail=""):
        """One check; goes on whatever it found, so that a run shows all that is wrong."""
        if holds:
            self.passed += 1
            print(f"  ok    {text}", flush=True)
        else:
            self.failed.append(text)
            print(f"  FAIL  {text} {detail}", flush=True)
        return bool(holds)

    def equal(self, text, found, wanted):
        return self.check(text, found == wanted, f"(found {found!r}, wanted {wanted!r})")

    def raises(self, text, code, call):
        """The call must fail with this error code of the API."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - any other failure is what the check is about
            found = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            return self.check(text, found == code, f"(found {found}: {error})")
        return self.check(text, False, "(no error)")

    def scenario(self, name, run, *args):
        """Runs a scenario; an exception is a failed check and ends only this scenario. Whether it ran through."""
        print(f"{name}:", flush=True)
        started = time.monotonic()
        try:
            run(self, *args)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            self.check(f"{name} runs to its end", False)
            return False
        print(f"  ({time.monotonic() - started:.1f} s)", flush=True)
        return True


def wait_until(what, holds, seconds=30, pause=0.1):
    """Polls until `holds` gives something true, and gives that back."""
    end = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(pause)
