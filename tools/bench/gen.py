#!/usr/bin/env python3
"""Make the acceptance zone with its query mix and update stream.

usage: gen.py CENTRES OUTDIR [--zone compute.gba] [--seed 7] [--obs EPOCH] [--ns 127.0.0.1]

A centre cNNNNNN owns CENTRE, A, AAAA and SVCB, its pool p0.cNNNNNN owns CRES, CLOAD and A: two names and seven records
a centre, beside SOA, NS and the address of the name server. Private types are written in generic form (RFC 3597), so
that any server loads the same file. Written are zone.txt, queries.txt (dnsperf: 10 % of names that do not exist, 45 %
of centres, 45 % of pools), updates.txt (dnsperf -u: each replaces the CLOAD of one pool) and names.txt (the pools).
Same arguments, same octets; without --obs the observation times are those of now.
"""
import argparse
import os
import random
import time

CENTRE, CRES, CLOAD = 65360, 65361, 65362
ACCELERATORS = [b"nvidia-a100-80g", b"nvidia-h100-80g", b"ascend-910b", b"hygon-k100", b"cambricon-mlu370"]
LOAD_TTL_S = 30


def uint(value):
    """A number in the fewest octets of 1, 2, 4 or 8."""
    width = next(w for w in (1, 2, 4, 8) if value < 1 << 8 * w)
    return value.to_bytes(width, "big")


def generic(attributes):
    """RDATA of one of our types in generic text form: target ".", then attributes in ascending order."""
    octets = b"\0" + b"".join(
        key.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for key, value in sorted(attributes.items())
    )
    return f"\\# {len(octets)} {octets.hex()}"


def centre(i):
    return generic({1: uint(1 + i % 4), 2: b"op%d" % (i % 97), 3: b"4403%02d" % (i % 20), 4: b"CN"})


def pool(i):
    return generic({
        33: uint(64), 34: uint(4096), 35: uint(1 << 22), 36: ACCELERATORS[i % 5], 37: uint(512000), 38: uint(81920),
        64: uint(1000000 + i % 977 * 10000), 65: b"CNY", 66: uint(2),
    })


def load(rng, obs):
    return generic({
        96: uint(obs), 97: uint(rng.randrange(4096)), 98: uint(rng.randrange(1 << 22)),
        99: uint(1000 * rng.randrange(512)), 101: uint(rng.randrange(300)), 102: uint(rng.randrange(200)),
        105: uint(rng.randrange(101)), 106: uint(rng.randrange(101)),
    })


def write_zone(args, rng, zone, names):
    zone.write(f"$ORIGIN {args.zone}.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 604800 30\n"
               f"@ IN NS ns1\nns1 IN A {args.ns}\n")
    for i in range(args.centres):
        owner, high, low = f"c{i:06d}", i >> 16, i & 0xFFFF
        v4, v6 = f"10.{high & 255}.{low >> 8}.{low & 255}", f"fd00::{high:x}:{low:x}"
        zone.write(f"{owner} IN TYPE{CENTRE} {centre(i)}\n"
                   f"{owner} IN A {v4}\n"
                   f"{owner} IN AAAA {v6}\n"
                   f"{owner} IN SVCB 1 . alpn=h2 port=443 ipv4hint={v4}\n"
                   f"p0.{owner} IN TYPE{CRES} {pool(i)}\n"
                   f"p0.{owner} {LOAD_TTL_S} IN TYPE{CLOAD} {load(rng, args.obs)}\n"
                   f"p0.{owner} IN A {v4}\n")
        names.write(f"p0.{owner}\n")


def write_queries(args, rng, queries):
    of_centre, of_pool = ["A", "A", "AAAA", "SVCB"], [f"TYPE{CLOAD}", f"TYPE{CLOAD}", f"TYPE{CRES}", "A"]
    for _ in range(args.queries):
        i, kind = rng.randrange(args.centres), rng.random()
        if kind < 0.10:
            queries.write(f"x{i:06d}.{args.zone} A\n")
        elif kind < 0.55:
            queries.write(f"c{i:06d}.{args.zone} {rng.choice(of_centre)}\n")
        else:
            queries.write(f"p0.c{i:06d}.{args.zone} {rng.choice(of_pool)}\n")


def write_updates(args, rng, updates):
    for _ in range(args.updates):
        owner = f"p0.c{rng.randrange(args.centres):06d}"
        updates.write(f"{args.zone}\ndelete {owner} TYPE{CLOAD}\n"
                      f"add {owner} {LOAD_TTL_S} TYPE{CLOAD} {load(rng, args.obs)}\nsend\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("centres", type=int)
    parser.add_argument("outdir")
    parser.add_argument("--zone", default="compute.gba")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--obs", type=int, default=int(time.time()))
    parser.add_argument("--ns", default="127.0.0.1")
    parser.add_argument("--queries", type=int, default=500000)
    parser.add_argument("--updates", type=int, default=200000)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    os.makedirs(args.outdir, exist_ok=True)

    def create(name):
        return open(os.path.join(args.outdir, name), "w", encoding="ascii")

    with create("zone.txt") as zone, create("names.txt") as names:
        write_zone(args, rng, zone, names)
    with create("queries.txt") as queries:
        write_queries(args, rng, queries)
    with create("updates.txt") as updates:
        write_updates(args, rng, updates)


if __name__ == "__main__":
    main()
