"""A contest: servers answer the same queries in turn, round after round, and what each did is compared round by round,
so that a machine whose speed wanders does not favour one of them.

The server runs on core 0, the client on core 1. A sample during which anybody else used these cores is noisy: it is
taken again, a bounded number of times, and marked when it is still noisy. Two clients: tools/bench/ask.c, which brings
any server here to its limit, and dnsperf, which on one core may itself be the limit; what a query costs the server, and
so what a full core of it would answer, is measured with either.
"""
import os
import re
import statistics
import subprocess
import time
from collections import namedtuple

import peers
from peers import Failure

ASK = "ask"
CLIENTS, OUTSTANDING, BUFFER_KIB = 20, 150, 2048  # 150 fit the smallest receive buffer here
OTHERS_SHARE_MAX = 0.1  # of the time of one core
TRIES = 4
LOST_SHARE_MAX = 0.001
CLIENT_S = 120

Load = namedtuple("Load", "sent completed lost seconds rcodes answer_octets run_s")
Sample = namedtuple("Sample", "rate core_rate user_us system_us busy noisy")  # us: microseconds a query


def number(pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise Failure(f"the client did not say what was expected ({pattern}):\n{text}")
    return float(match.group(1))


def command_of(client, port, queries, seconds):
    """seconds 0: every query once."""
    if client == "ask":
        return [ASK, str(port), queries, str(seconds), str(OUTSTANDING)]
    limit = ["-l", str(seconds)] if seconds else ["-n", "1"]
    return ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", queries, "-c", str(CLIENTS), "-q", str(OUTSTANDING),
            "-b", str(BUFFER_KIB), "-t", "2", *limit]


def put_load(client, port, queries, seconds):
    """One run of a client."""
    process = peers.launch(peers.CLIENT_CORE, command_of(client, port, queries, seconds), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    text, run_s = peers.watch(process, client, CLIENT_S)
    codes = re.search(r"Response codes:\s*(.*)", text)
    return Load(
        sent=number(r"Queries sent:\s*(\d+)", text),
        completed=number(r"Queries completed:\s*(\d+)", text),
        lost=number(r"Queries lost:\s*(\d+)", text),
        seconds=number(r"Run time \(s\):\s*([\d.]+)", text),
        rcodes=dict(re.findall(r"(\w+) (\d+) \(", codes.group(1) if codes else "")),
        answer_octets=number(r"response (\d+)", text),
        run_s=run_s,
    )


def cores_busy_s():
    return peers.busy_s(peers.SERVER_CORE) + peers.busy_s(peers.CLIENT_CORE)


def take_sample(client, peer, queries, seconds):
    pids = peer.pids()
    before, busy_before, begin = peers.usage_of(pids), cores_busy_s(), time.monotonic()
    load = put_load(client, peer.port, queries, seconds)
    after, busy_after, end = peers.usage_of(pids), cores_busy_s(), time.monotonic()
    if peer.process.poll() is not None:
        raise Failure(f"{peer.name} ended during the load:\n{peer.log_end()}")
    if load.lost > load.sent * LOST_SHARE_MAX or load.completed == 0:
        raise Failure(f"{peer.name} lost {load.lost:.0f} of {load.sent:.0f} queries")
    user, system, run, _ = (b - a for a, b in zip(before, after))
    ticks = max(user + system, peers.TICK_S)
    others = busy_after - busy_before - run - load.run_s
    return Sample(
        rate=load.completed / load.seconds,
        core_rate=load.completed / run,
        user_us=1e6 * run * user / ticks / load.completed,  # run is exact, its parts are counted in ticks
        system_us=1e6 * run * system / ticks / load.completed,
        busy=run / load.seconds,
        noisy=others > OTHERS_SHARE_MAX * (end - begin),
    )


def quiet_sample(client, peer, queries, seconds):
    """The first sample that is not noisy, or the last one."""
    for _ in range(TRIES):
        sample = take_sample(client, peer, queries, seconds)
        if not sample.noisy:
            break
    return sample


def check_answers(client, entrants, queries):
    """Every query once: all must be answered, and with the same codes by all servers. Warms up, too.
    Returns the rcodes and each server's mean octets an answer."""
    loads = {peer: put_load(client, peer.port, queries, 0) for peer in entrants}
    servers = [peer for peer in entrants if not isinstance(peer, peers.Echo)]
    for peer in entrants:
        if loads[peer].lost:
            raise Failure(f"{peer.name} left {loads[peer].lost:.0f} queries unanswered")
    for peer in servers[1:]:
        if loads[peer].rcodes != loads[servers[0]].rcodes:
            raise Failure(f"answers differ: {servers[0].name} {loads[servers[0]].rcodes}, "
                          f"{peer.name} {loads[peer].rcodes}")
    return loads[servers[0]].rcodes, {peer.name: loads[peer].answer_octets for peer in entrants}


def run_rounds(client, entrants, queries, rounds, seconds, tell):
    """{name: [a sample a round]}; the order changes from round to round."""
    samples = {peer.name: [] for peer in entrants}
    for i in range(rounds):
        turn = i % len(entrants)
        for peer in entrants[turn:] + entrants[:turn]:
            sample = quiet_sample(client, peer, queries, seconds)
            samples[peer.name].append(sample)
            tell(f"round {i + 1}: {peer.name} {sample.rate:,.0f} queries/s, "
                 f"{sample.user_us + sample.system_us:.2f} us a query{' (noisy)' if sample.noisy else ''}")
    return samples


def quiet_ones(rounds):
    """Of tuples of samples those without a noisy one; all of them when these are fewer than half."""
    quiet = [samples for samples in rounds if not any(sample.noisy for sample in samples)]
    return quiet if 2 * len(quiet) >= len(rounds) else rounds


def ratios(samples, one, other, field):
    """Round by round."""
    pairs = quiet_ones(list(zip(samples[one], samples[other])))
    return [getattr(a, field) / getattr(b, field) for a, b in pairs if getattr(b, field)]


def spread(values, form):
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:{form}} ({least:{form}} to {most:{form}})"


def verdict(value, sense, bar, goal):
    reached = (lambda limit: value >= limit) if sense == "at least" else (lambda limit: value <= limit)
    word = "goal reached" if reached(goal) else "bar reached, goal missed" if reached(bar) else "MISSED"
    return f"{word} (bar {sense} {bar:.2f}, goal {goal:.2f})"


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])])
                     for row in rows)


def rates_table(samples):
    """`a full core`: what the CPU time that a query took would give on a core that does nothing else."""
    rows = [("", "queries/s", "a full core", "busy", "user us/query", "system us/query", "noisy rounds")]
    for name, taken in samples.items():
        quiet = [sample for sample, in quiet_ones([(sample,) for sample in taken])]
        of = {field: [getattr(sample, field) for sample in quiet] for field in Sample._fields}
        rows.append((
            name, spread(of["rate"], ",.0f"), spread(of["core_rate"], ",.0f"), f"{statistics.median(of['busy']):.0%}",
            f"{statistics.median(of['user_us']):.3f}", f"{statistics.median(of['system_us']):.3f}",
            f"{sum(sample.noisy for sample in taken)} of {len(taken)}",
        ))
    return table(rows)


def memory_table(memory, records):
    rows = [("", "RSS MiB", "PSS MiB", "of it anonymous", "PSS octets/record")]
    for name, size in memory.items():
        rows.append((name, f"{size.rss / 2**20:.0f}", f"{size.pss / 2**20:.0f}", f"{size.anonymous / 2**20:.0f}",
                     f"{size.pss / records:.0f}"))
    return table(rows)
