"""Updates as a load: sent by tools/bench/publish.c or by dnsperf, one sample each, and the questions that go with them:
is all that was acknowledged there, and how long does a transfer take?

Update number n means the same with both clients (see publish.c), so whatever was acknowledged can be asked for.
"""
import re
import subprocess
import time
from collections import namedtuple

import contest
import peers
import primaries
from peers import Failure

PUBLISH, FETCH = "publish", "fetch"
OBSERVED, STRIDE = 1700000000, 1000003
LOAD_TTL_S = 30
CLIENT_S = 300
DNSPERF_CLIENTS = 4
OTHERS_SHARE_MAX = 0.25  # of one core; the system's own threads write what the servers hand to the disk

Sample = namedtuple("Sample", "rate p50 p99 p999 worst cpu_us busy noisy")  # ms; CPU time an update
Fetched = namedtuple("Fetched", "form serial octets records changed first_s seconds")


def text_of(number, centres):
    """Lines for dnsperf: what publish.c sends as update `number`."""
    owner = f"p0.c{number * STRIDE % centres:06d}"
    attributes = [(96, 4, OBSERVED + number), (97, 2, 256 + number % 3840), (98, 4, 65536 + number % 4000000),
                  (99, 4, 65536 + number % 400000), (101, 1, number % 256), (102, 1, number % 200),
                  (105, 1, number % 101), (106, 1, number % 97)]
    octets = b"\0" + b"".join(key.to_bytes(2, "big") + size.to_bytes(2, "big") + value.to_bytes(size, "big")
                              for key, size, value in attributes)
    return (f"compute.gba\ndelete {owner} TYPE65362\n"
            f"add {owner} {LOAD_TTL_S} TYPE65362 \\# {len(octets)} {octets.hex()}\nsend\n")


def publish_command(peer, centres, seconds, window, rate, is_sleeping=False):
    return [PUBLISH, "update", str(peer.port), str(centres), primaries.SECRET.hex(), str(peer.published), str(seconds),
            str(window), str(rate), *(["sleep"] if is_sleeping else [])]


def dnsperf_command(peer, centres, seconds, window, most):
    """With a file of fresh updates: those that were sent before would change nothing."""
    path = peer.path("updates.txt")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(text_of(peer.published + i, centres) for i in range(most))
    clients = min(DNSPERF_CLIENTS, window)
    return ["dnsperf", "-u", "-s", "127.0.0.1", "-p", str(peer.port), "-d", path, "-n", "1", "-l", str(seconds), "-c",
            str(clients), "-q", str(window), "-t", "10", "-y", primaries.DNSPERF_KEY]


def begin(command, core=peers.CLIENT_CORE):
    return peers.launch(core, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def take(peer, text):
    """Read a report; every update must have been answered, and with NOERROR. Returns how many there were."""
    sent, lost = (contest.number(rf"Updates {word}:\s*(\d+)", text) for word in ("sent", "lost"))
    good = re.search(r"NOERROR (\d+) ", text)
    if lost or not good or int(good.group(1)) != sent:
        raise Failure(f"{peer.name} did not take all updates:\n{text}")
    peer.published += int(sent)
    return int(sent)


def latencies(text):
    found = re.search(r"p50 ([\d.]+).*p99 ([\d.]+), p99.9 ([\d.]+), max ([\d.]+)", text)
    return [float(value) for value in found.groups()] if found else [None] * 4


def sample(peer, command):
    """One load from core 1 on a server on core 0."""
    pids = peer.pids()
    before, busy_before, start = peers.usage_of(pids), contest.cores_busy_s(), time.monotonic()
    text, client_run_s = peers.watch(begin(command), command[0], CLIENT_S)
    after, busy_after, end = peers.usage_of(pids), contest.cores_busy_s(), time.monotonic()
    if peer.process.poll() is not None:
        raise Failure(f"{peer.name} ended during the load:\n{peer.log_end()}")
    run = after.run_s - before.run_s
    updates, seconds = take(peer, text), contest.number(r"Run time \(s\):\s*([\d.]+)", text)
    others = busy_after - busy_before - run - client_run_s
    return Sample(updates / seconds, *latencies(text), cpu_us=1e6 * run / updates, busy=run / seconds,
                  noisy=others > OTHERS_SHARE_MAX * (end - start))


def check(peer, centres):
    """Everything that was acknowledged must be there."""
    command = [PUBLISH, "check", str(peer.port), str(centres), str(peer.published)]
    text = peers.watch(begin(command), "publish", CLIENT_S)[0]
    wrong, lost = contest.number(r"Wrong answers:\s*(\d+)", text), contest.number(r"Queries lost:\s*(\d+)", text)
    if wrong or lost:
        raise Failure(f"{peer.name} lost acknowledged updates:\n{text}")
    return int(contest.number(r"Queries completed:\s*(\d+)", text))


def fetch(peer, zone, serial=None):
    """A whole transfer; with a serial IXFR from there."""
    command = [FETCH, str(peer.port), zone, *([str(serial)] if serial is not None else [])]
    text = peers.watch(begin(command), "fetch", CLIENT_S)[0]
    fields = [contest.number(rf"{label}:\s*([\d.]+)", text)
              for label in ("Serial", "Octets", "Records", "Not SOA", r"First octet \(s\)", r"Run time \(s\)")]
    return Fetched(re.search(r"Form:\s*(\w+)", text).group(1), *fields)


def is_on_disk(folder):
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout.strip()
    return kind not in ("tmpfs", "ramfs"), kind
