"""A server whose disk fails on demand: tests/live/fault_shim.c is loaded before it, and told by a shared file what
to do at the n-th write or sync of the store."""
import errno
import itertools
import mmap
import os
import struct
import unittest

import lib
import updates

SHIM = os.path.join(os.path.dirname(lib.BIN), "tests", "fault_shim.so")
COUNT, FAIL, FAIL_AFTER, SHORT, KILL_BEFORE, KILL_AFTER, CUT = range(7)  # enum action of the shim
WRITES, SYNCS = 1, 2
LAYOUT = struct.Struct("=QQQQIIII")  # struct fault of the shim
CALLS_MAX = 60  # of any one commit in these tests: more is an endless loop


def need_shim():
    """A visible skip where the library can not be loaded first."""
    if lib.is_sanitized():
        raise unittest.SkipTest("a sanitizer wants to be loaded first")
    if not os.path.exists(SHIM):
        raise unittest.SkipTest(f"not built: {SHIM}")


class Server(updates.Server):
    """Its store fails as arm() says, also during its start."""

    def __init__(self, zones, **options):
        super().__init__(zones, **options)
        self.fault_path = lib.write(os.path.join(self.folder, "fault"), bytes(LAYOUT.size))
        os.chmod(self.fault_path, 0o666)
        with open(self.fault_path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), LAYOUT.size)

    def environment(self):
        shim = {"LD_PRELOAD": SHIM, "SUANYU_FAULT": self.fault_path, "SUANYU_FAULT_FOLDER": self.store_path}
        return {**super().environment(), **shim}

    def arm(self, action, at=1, error=errno.EIO, sticky=False, kinds=WRITES | SYNCS, seed=0):
        """From now on: the at-th call of these kinds."""
        LAYOUT.pack_into(self.map, 0, 0, 0, 0, seed, COUNT, 0, 0, kinds)
        LAYOUT.pack_into(self.map, 0, 0, 0, 0, seed, action, error, sticky, kinds)
        struct.pack_into("=Q", self.map, 0, at)

    def lift(self):
        self.arm(COUNT, 0)

    @property
    def calls(self):
        return LAYOUT.unpack_from(self.map)[1]

    @property
    def hits(self):
        return LAYOUT.unpack_from(self.map)[2]

    def wait_end(self):
        """Until it was killed by its own fault."""
        status = self.process.wait(lib.DEADLINE_S)
        self.close()
        if status != -9:
            raise AssertionError(f"ended with {status}, not killed:\n{self.log()[-2000:]}")

    def status(self):
        kind, result, _ = self.control("status")
        if kind != "ok":
            raise AssertionError(f"status: {result}")
        return result

    def wait_state(self, state, deadline_s=lib.DEADLINE_S):
        return lib.until(lambda: self.status()["store_state"] == state, f"the store is {state}", deadline_s)


def each_call():
    """1, 2, ... for the calls of a commit, until the loop that uses it sees that there are no more."""
    for at in itertools.count(1):
        if at > CALLS_MAX:
            raise AssertionError(f"not done after {CALLS_MAX} calls")
        yield at
