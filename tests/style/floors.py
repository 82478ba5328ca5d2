"""Rule 1: includes follow the floors, the pure engine stays pure, no two modules form a cycle."""
import os
import re

BASE = ["base"]
ZONES = ["zones"] + BASE
CHOOSE = ["sched/choose"] + ZONES
RESOLVER = ["resolver"] + CHOOSE
ADAPTERS = ["sched/adapters"] + RESOLVER
JOBS = ["sched/jobs"] + ADAPTERS
SERVER = ["server"] + CHOOSE
TOOLS = ["tools"] + JOBS + ["server"]
TESTS = ["tests"] + TOOLS

# What each folder may include; the longest folder that fits a file counts.
FLOORS = {
    "base": BASE,
    "zones": ZONES,
    "sched/choose": CHOOSE,
    "resolver": RESOLVER,
    "sched/adapters": ADAPTERS,
    "sched/jobs": JOBS,
    "server": SERVER,
    "tools": TOOLS,
    "tests": TESTS,
}

# The order inside zones/, by the first word of the file name: a file includes its own step and lower ones.
ZONES_STEPS = {"dns": 0, "attr": 1, "cres": 1, "code": 1, "zone": 2, "sign": 3}

# What sched/choose/ must not reach, however many headers lie between.
IMPURE = re.compile(r"^(resolver/|uv\.h$|uv/|base/loop|base/stream)")


def floor_of(path):
    fits = [folder for folder in FLOORS if path.startswith(folder + "/")]
    return max(fits, key=len) if fits else None


def step_of(path):
    if not path.startswith("zones/"):
        return None
    return ZONES_STEPS.get(re.split(r"[_.]", os.path.basename(path))[0])


def upward(tree):
    problems = []
    for source in tree.sources():
        floor = floor_of(source.path)
        if floor is None:
            problems.append(f"{source.path}: its folder is on no floor (tests/style/floors.py)")
            continue
        if floor == "zones" and step_of(source.path) is None:
            steps = " ".join(ZONES_STEPS)
            problems.append(f"{source.path}: a file of zones/ begins with one of: {steps}")
        for line, kind, path in source.includes():
            if kind != "own":
                continue
            place = f"{source.path}:{line}"
            if not tree.exists(path):
                problems.append(f'{place}: "{path}" is not a path from the top folder')
                continue
            target = floor_of(path)
            if target not in FLOORS[floor]:
                problems.append(f"{place}: {floor} must not include {path}")
            steps = step_of(source.path), step_of(path)
            if None not in steps and steps[1] > steps[0]:
                problems.append(f"{place}: includes {path}, a later step of zones/")
    return problems


def impure(tree):
    problems = []
    for source in tree.sources(under="sched/choose/"):
        seen, todo = {}, [(source.path, [])]
        while todo:
            path, way = todo.pop()
            if path in seen:
                continue
            seen[path] = True
            if IMPURE.match(path):
                problems.append(f"{source.path}: reaches {path} by {' > '.join(way)}")
                continue
            if path in tree.paths:
                todo += [(name, way + [path]) for _, _, name in tree.source(path).includes()]
    return problems


def edges(tree):
    graph = {}
    for source in tree.sources():
        to = graph.setdefault(source.module, set())
        for _, kind, path in source.includes():
            module = os.path.splitext(path)[0]
            if kind == "own" and module != source.module:
                to.add(module)
    return graph


def cycles(tree):
    """Each group of modules that reach each other (Tarjan's strongly connected components)."""
    graph, index, low, stack, on, groups = edges(tree), {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for to in sorted(graph.get(node, ())):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in on:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
                on.discard(group[-1])
            if len(group) > 1:
                groups.append("a cycle of modules: " + " ".join(sorted(group)))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return groups


def checks(tree):
    return [
        ("1 includes follow the floors", upward(tree)),
        ("1 sched/choose reaches neither resolver nor libuv", impure(tree)),
        ("1 no two modules form a cycle", cycles(tree)),
    ]
