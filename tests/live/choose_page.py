"""The records of the examples in docs/policies.md as a world for the model of choosing."""
import re

from choose_words import read_record
from choose_world import Centre, Pool, World


def read_location(text):
    """Degrees north and east of LOC."""
    parts = re.findall(r"(\d+) (\d+) ([\d.]+) ([NSEW])", text)
    return tuple((int(degrees) + int(minutes) / 60 + float(seconds) / 3600) * (-1 if side in "SW" else 1)
                 for degrees, minutes, seconds, side in parts)


def read_world(text):
    """Lines `owner TYPE rdata`; a centre's records stand before its pools'."""
    centres, pools, sets = {}, {}, {}
    for line in filter(None, text.splitlines()):
        owner, rtype, rest = line.split(None, 2)
        target, _, attributes = rest.partition(" ")
        if rtype == "CENTRE":
            centres[owner] = Centre(owner, read_record(attributes))
        elif rtype == "LOC":
            centres[owner].location = read_location(rest)
        elif rtype == "CNET":
            centres[owner].paths.append((target, read_record(attributes)))
        elif rtype == "CRES":
            pools.setdefault(owner, ([], []))[0].append(read_record(attributes))
        elif rtype == "CLOAD":
            pools.setdefault(owner, ([], []))[1].append(read_record(attributes))
        elif rtype == "CDATA":
            sets.setdefault(owner, []).append((target, read_record(attributes)))
        else:
            raise ValueError(line)
    return World(centres, [Pool(name, centres[name.partition(".")[2]], capacities, (loads or [None])[0])
                           for name, (capacities, loads) in pools.items()], sets)
