#!/usr/bin/env python3
"""Make load.zone: one CLOAD for every pool of the sample zone.

All figures are invented. What is invented respects what is known: a free figure is only given where
the pool's CRES states the total, and never exceeds it; an unknown total gives no free figure. Loads
rise and fall as slow waves. The same --seed and --obs give the same bytes, and a new pool does not
change the figures of the others. publish.py sends the same figures to a server, again and again.

usage: load.py [--seed N] [--obs EPOCH] [--out FILE]    write load.zone (FILE "-": standard output)
       load.py --check                                  exit 1 if the zone texts contradict each other
"""
import argparse
import fractions
import math
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP, APEX = "compute.gba.zone", "compute.gba."
TYPES = {"CENTRE", "CRES", "CLOAD", "CNET", "CDATA", "CID", "CPOL"}
FIGURES = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8")
# The busy share, in percent, of pools about which policies have to disagree (see market.zone); of the
# others it follows from their names.
BUSY = {"ai.sz-sample": (60, 72), "ai.gz-sample": (12, 24), "ai.sg-sample": (44, 56), "ai.gy-sample": (46, 58)}
FREE = {"cpuf": "cpu", "memf": "mem", "accf": "accn", "stof": "sto"}
CODE_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
HEAD = """\
; load.zone: invented load of every pool. Made by load.py --seed {seed} --obs {obs}; do not edit.
;
; sample: nobody measured any of this. Free figures (cpuf, memf, accf, stof) stand only where the
; pool's total is published, and stay within it. To anyone who asks for fresh load this file is as
; old as its obs: run load.py again for a present one.

$ORIGIN {apex}
"""


class Bad(Exception):
    """A zone text that cannot be read."""


def tokens(path):
    """Yield (line number, tokens) per record; a leading None means: owner as before."""
    record, depth, start = [], 0, 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not depth:
            record, start = ([None] if line[:1].isspace() else []), number
        word, quoted, escaped = "", False, False
        for char in line + "\n":
            if escaped or (quoted and char not in '"\\\n'):
                word, escaped = word + char, False
            elif char == "\\":
                word, escaped = word + char, True
            elif char == '"':
                word, quoted = word + char, not quoted
            elif char in "(); \t\n":
                if quoted:
                    raise Bad(f"{path.name}:{number}: a quoted text does not end")
                if word:
                    record.append(word)
                word, depth = "", depth + (char == "(") - (char == ")")
                if char == ";":
                    break
            else:
                word += char
        if depth < 0:
            raise Bad(f"{path.name}:{number}: ) without (")
        if not depth and record not in ([], [None]):
            yield start, record
    if depth:
        raise Bad(f"{path.name}:{start}: ( without )")


def absolute(name, origin):
    """The whole name, with its last dot."""
    if name == "@":
        return origin
    return (name if name.endswith(".") else f"{name}.{origin}").lower()


def attributes(words, where):
    """key=value words as a dict; a bare word is a flag."""
    found = {}
    for word in words:
        key, _, value = word.partition("=")
        if key in found:
            raise Bad(f"{where}: {key} twice")
        found[key] = value.strip('"')
    return found


def records(name, skip=()):
    """Yield (where, owner, type, target, attributes) of our own types, includes followed."""
    origin, owner = APEX, None
    for number, words in tokens(HERE / name):
        where = f"{name}:{number}"
        if len(words) < 2:
            raise Bad(f"{where}: {words[0]} alone")
        if words[0] == "$ORIGIN":
            origin = absolute(words[1], origin)
        elif words[0] == "$INCLUDE":
            if words[1] not in skip:
                yield from records(words[1], skip)
        elif words[0] != "$TTL":
            owner = absolute(words[0], origin) if words[0] else owner
            rest = words[2:] if words[1].isdigit() else words[1:]
            if owner is None or not rest:
                raise Bad(f"{where}: no owner or no type")
            if rest[0] in TYPES:
                if len(rest) < 2:
                    raise Bad(f"{where}: {rest[0]} without target")
                yield (where, owner, rest[0], absolute(rest[1], origin) if rest[1] != "." else ".",
                       attributes(rest[2:], where))


def amount(key, text):
    """A capacity in its smallest unit: cores, nodes, watts, 1/1000 card, octets."""
    suffix = text[-1].lower() if text[-1:].isalpha() else ""
    number = fractions.Fraction(text[:-1] if suffix else text)
    if key in ("accn", "accf"):
        value = number * (1 if suffix == "m" else 1000)
    elif key in ("mem", "memf", "sto", "stof"):
        value = number * (BINARY[suffix] if suffix else 2**20 if key.startswith("mem") else 2**30)
    else:
        value = number * ({"k": 10**3, "m": 10**6}[suffix] if suffix else 1)
    if value.denominator != 1:
        raise ValueError(f"{key}={text} is not exact")
    return int(value)


def parent(name):
    return name.partition(".")[2]


def pools(rows):
    """{pool: CRES} of names directly under a centre."""
    centres = {owner for _, owner, kind, _, _ in rows if kind == "CENTRE"}
    return {owner: attrs for _, owner, kind, _, attrs in rows
            if kind == "CRES" and parent(owner) in centres}


def busy(owner, rng, at):
    """The busy share of a pool at a time: a slow wave, of 5 to 20 minutes."""
    low, high = rng.randint(10, 50), rng.randint(55, 95)
    period, phase = rng.randint(300, 1200), rng.random()
    low, high = BUSY.get(owner, (low, high))
    wave = math.sin(2 * math.pi * (at / period + phase))
    return ((high + low) + (high - low) * wave) / 2


def load(pool, cres, seed, at):
    """One invented CLOAD, observed at a time: numbers as zone files have them."""
    owner = pool[:-len(APEX) - 1]
    rng = random.Random(f"{seed}/{pool}")
    share = busy(owner, rng, at)
    util = round(share)
    crowd = max(0.0, share - 60)  # jobs wait where a pool is busy
    wait = int(rng.randint(10, 60) * crowd)
    free = 1 - share / 100
    out = {"obs": at}
    if "cpu" in cres:
        out["cpuf"] = int(amount("cpu", cres["cpu"]) * free)
    if "mem" in cres:
        out["memf"] = int(amount("mem", cres["mem"]) // 2**20 * free)
    if "accn" in cres:
        out["accf"] = int(amount("accn", cres["accn"]) // 1000 * free)
    if "sto" in cres:
        out["stof"] = int(amount("sto", cres["sto"]) // 2**30 * free)
    out |= {"run": int(rng.uniform(1, 5) * share), "pend": int(rng.uniform(0, 3) * crowd)}
    out |= {"wait50": wait, "wait90": wait * rng.randint(2, 5), "util": util}
    if "acc" in cres:
        out["accutil"] = util
    if "watt" in cres:
        out["wattnow"] = int(amount("watt", cres["watt"]) * (30 + 0.7 * share) / 100)
    if "nodes" in cres:
        out["downn"] = rng.randint(0, amount("nodes", cres["nodes"]) // 500)
    out["health"] = "degraded" if rng.random() < 0.04 and owner not in BUSY else "ok"
    return out


def ordered(found):
    """Pools by centre, top down."""
    return sorted(found, key=lambda name: name.split(".")[::-1])


def make(found, seed, obs):
    """The whole file."""
    text = HEAD.format(seed=seed, obs=obs, apex=APEX)
    for pool in ordered(found):
        owner = pool[:-len(APEX) - 1]
        figures = " ".join(f"{key}={value}" for key, value in load(pool, found[pool], seed, obs).items())
        text += f"\n; sample, invented load of {owner}\n{owner:<25} 30 CLOAD . {figures}\n"
    return text


def check_digit(text):
    """ISO/IEC 7064 MOD 37,36."""
    p = 36
    for char in text:
        p = ((p + CODE_ALPHABET.index(char)) % 36 or 36) * 2 % 37
    return CODE_ALPHABET[(37 - p) % 36]


def code_name(code):
    """The name under id that a code of the default profile maps to."""
    left, right = code.split("/")
    return absolute(".".join(reversed(left.split(".") + right.split("."))) + ".id", APEX)


def check_attributes(kind, attrs):
    """What one record must keep."""
    if any(key in attrs for key in FIGURES) and "basis" not in attrs:
        yield "figures without basis"
    if "price" in attrs and not ("cur" in attrs and "per" in attrs):
        yield "price without cur and per"
    if "accn" in attrs and "acc" not in attrs:
        yield "accn without acc"
    if kind == "CLOAD" and "obs" not in attrs:
        yield "CLOAD without obs"


def check_load(attrs, cres):
    """A CLOAD beside the CRES of its name."""
    if cres is None:
        yield "CLOAD without CRES at its name"
        return
    if "accf" in attrs and "acc" not in cres:
        yield "accf without acc"
    for free, total in FREE.items():
        if free in attrs and total in cres:
            if amount(free, attrs[free]) > amount(total, cres[total]):
                yield f"{free} exceeds {total}"


def check_code(owner, target, attrs, codes):
    """A CID, its check character, its name and its other half."""
    code = attrs.get("code", "")
    body, _, digit = code.rpartition("-")
    plain = body.replace(".", "").replace("/", "")
    if not plain or check_digit(plain) != digit:
        yield f"code {code} has a wrong check character"
    elif target != "." and owner != code_name(code):
        yield f"code {code} belongs at {code_name(code)}"
    elif target != "." and (target, ".") not in codes.get(code, ()):
        yield f"{target} does not state code {code}"
    elif target == "." and (code_name(code), owner) not in codes[code]:
        yield f"{code_name(code)} does not point back"


def check(rows):
    """All contradictions, as texts."""
    cres = {owner: attrs for _, owner, kind, _, attrs in rows if kind == "CRES"}
    centres = {owner for _, owner, kind, _, _ in rows if kind == "CENTRE"}
    loaded = {owner for _, owner, kind, _, _ in rows if kind == "CLOAD"}
    codes, seen = {}, set()
    for _, owner, kind, target, attrs in rows:
        if kind == "CID":
            codes.setdefault(attrs.get("code"), set()).add((owner, target))
    for where, owner, kind, target, attrs in rows:
        found = list(check_attributes(kind, attrs))
        if kind == "CLOAD":
            found += check_load(attrs, cres.get(owner))
        if kind == "CID":
            found += check_code(owner, target, attrs, codes)
        if kind == "CRES" and "acc" in attrs and f"{attrs['acc']}.accel.{APEX}" not in cres:
            found.append(f"acc {attrs['acc']} has no entry under accel")
        if kind == "CDATA" and target not in centres:
            found.append(f"{target} is no centre")
        if kind == "CNET" and target.endswith(APEX) and target not in centres:
            found.append(f"{target} is no centre")
        same = (owner, kind, target, tuple(sorted(attrs.items())))
        if same in seen:
            found.append("the same record twice")
        seen.add(same)
        yield from (f"{where}: {owner} {kind}: {text}" for text in found)
    yield from (f"{pool} has no CLOAD" for pool in sorted(set(pools(rows)) - loaded))


def main():
    parser = argparse.ArgumentParser(description="Make load.zone: invented load of every pool.")
    parser.add_argument("--seed", type=int, default=7, help="default 7")
    parser.add_argument("--obs", type=int, help="when observed, epoch seconds; default now")
    parser.add_argument("--out", default=str(HERE / "load.zone"), help='default load.zone; "-": stdout')
    parser.add_argument("--check", action="store_true", help="only check the zone texts")
    args = parser.parse_args()
    try:
        if args.check:
            faults = list(check(list(records(TOP))))
            print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
            return 1 if faults else 0
        obs = int(time.time()) if args.obs is None else args.obs
        if obs < 0:
            raise ValueError("--obs is before 1970")
        text = make(pools(list(records(TOP, skip=("load.zone",)))), args.seed, obs)
        if args.out == "-":
            sys.stdout.write(text)
        else:
            pathlib.Path(args.out).write_text(text, encoding="utf-8")
    except (Bad, OSError, ValueError, KeyError) as error:
        print(f"load.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
