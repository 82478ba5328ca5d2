#!/usr/bin/env python3
"""Keep the load of the sample pools fresh on a server: the invented figures of load.py, by signed updates.

Every few seconds one message (by nsupdate) replaces the CLOAD of every pool. A server that is away for
a while is tried again. One line at start; afterwards a line only when it stops going well. Ends when
told so (SIGTERM, Ctrl-C) or when the process that started it is gone.

usage: publish.py --key FILE [--server ADDRESS] [--port PORT] [--every SECONDS] [--seed N] [--once]
       FILE holds a TSIG key as nsupdate -k takes it
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # beside zone files no other files
import load  # noqa: E402

CLOAD = "TYPE65362"  # of no name in stock tools
TTL_S = 30
WORDS = {"ok": 1, "degraded": 2, "failed": 3}
KEYS = {"obs": 96, "cpuf": 97, "memf": 98, "accf": 99, "stof": 100, "run": 101, "pend": 102, "wait50": 103,
        "wait90": 104, "util": 105, "accutil": 106, "wattnow": 107, "downn": 108, "health": 109}


def encode(name, value):
    """One attribute as docs/records.md has it: key, length, value in the shortest width."""
    number = WORDS[value] if name == "health" else value * 1000 if name == "accf" else value
    width = 1 if name == "health" else next(w for w in (1, 2, 4, 8) if number < 1 << 8 * w)
    return KEYS[name].to_bytes(2, "big") + width.to_bytes(2, "big") + number.to_bytes(width, "big")


def message(found, args, at):
    """The words for nsupdate: one message for all pools."""
    lines = [f"server {args.server} {args.port}", f"zone {load.APEX}"]
    for pool in load.ordered(found):
        figures = load.load(pool, found[pool], args.seed, at)
        rdata = b"\0" + b"".join(encode(name, value) for name, value in figures.items())
        lines += [f"update delete {pool} {CLOAD}",
                  f"update add {pool} {TTL_S} {CLOAD} \\# {len(rdata)} {rdata.hex()}"]
    return "\n".join([*lines, "send", ""])


def send(words, key):
    """What went wrong, or nothing. By TCP: a message for all pools does not fit a datagram."""
    try:
        done = subprocess.run(["nsupdate", "-v", "-t", "4", "-k", key], input=words, capture_output=True,
                              text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    return " ".join((done.stderr + done.stdout).split()) or f"nsupdate ended with {done.returncode}"


def run(found, args, parent):
    """Publish until told to end; 0 when the last round went well."""
    wrong, due = "", time.monotonic()
    while True:
        before, wrong = wrong, send(message(found, args, int(time.time())), args.key)
        if wrong and wrong != before:
            print(f"publish.py: sample loads: {wrong}", file=sys.stderr, flush=True)
        if args.once:
            return 1 if wrong else 0
        due = max(due + args.every, time.monotonic())
        while time.monotonic() < due:
            if os.getppid() != parent:
                return 0
            time.sleep(min(1, max(0, due - time.monotonic())))


def main():
    parent = os.getppid()
    parser = argparse.ArgumentParser(description="Keep the load of the sample pools fresh on a server.")
    parser.add_argument("--key", required=True, help="file of a TSIG key, as nsupdate -k takes it")
    parser.add_argument("--server", default="127.0.0.1", help="default 127.0.0.1")
    parser.add_argument("--port", type=int, default=53, help="default 53")
    parser.add_argument("--every", type=float, default=5, help="seconds; default 5")
    parser.add_argument("--seed", type=int, default=7, help="as of load.py; default 7")
    parser.add_argument("--once", action="store_true", help="one message; exit 1 when it is refused")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        rows = list(load.records(load.TOP, skip=("load.zone",)))
    except (load.Bad, OSError, KeyError) as error:
        print(f"publish.py: {error}", file=sys.stderr)
        return 1
    found = load.pools(rows)
    if not args.once:
        print(f"publish.py: sample loads of {len(found)} pools every {args.every:g} s "
              f"to {args.server} port {args.port} (pid {os.getpid()})", flush=True)
    try:
        return run(found, args, parent)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
