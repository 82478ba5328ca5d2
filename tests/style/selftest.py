#!/usr/bin/env python3
"""Prove that each style check passes a small good tree and fails when one thing in it is made bad."""
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import run  # noqa: E402
import sizes  # noqa: E402
from tree import Tree  # noqa: E402

DOC = " * Shape: none. Units: none. Errors: none. Source: none. */\n"

GOOD = {
    "base/bytes.h": "/* Cursors.\n * Prefix: rd_ */\n#pragma once\n\n"
    "#include <stdint.h>\n\nstruct rd {\n    const uint8_t *pos;\n};\n\n"
    "/* The next octet.\n" + DOC + "static inline uint8_t rd_u8(struct rd *rd)\n{\n    return *rd->pos++;\n}\n\n"
    "/* Two that share a docstring.\n" + DOC + "int rd_skip(struct rd *rd);\nint rd_back(struct rd *rd);\n",
    "base/bytes.c": '#include "base/bytes.h"\n\nint rd_skip(struct rd *rd)\n{\n    rd->pos++;\n    return 0;\n}\n\n'
    "int rd_back(struct rd *rd)\n{\n    rd->pos--;\n    return 0;\n}\n",
    "base/err.def": '/* Rows: ERR(name, number, text); order: number */\n'
    'ERR(SHORT, -5000, "too short, or (")\nERR(LONG, -5001, "too long")\n',
    "base/kv_lmdb.c": "#include <lmdb.h>\n\nstatic MDB_env *env;\n",
    "zones/dns_name.h": "/* Names. */\n#pragma once\n\n#define DNS_NAME_MAX 255\n\nenum dns_name_kind {\n"
    "    DNS_NAME_ROOT, /* the root */\n    DNS_NAME_OTHER = 7,\n};\n\n"
    "/* Read.\n" + DOC + "int dns_name_read(const char *text, int (*next)(void *of)) __attribute__((nonnull(1)));\n",
    "zones/dns_name.c": '#include "zones/dns_name.h"\n\n#include "base/bytes.h"\n\n'
    "int dns_name_read(const char *text, int (*next)(void *of))\n{\n    struct rd rd = {0};\n    (void)text;\n"
    "    return next(&rd) + rd_u8(&rd) + rd_skip(&rd) + rd_back(&rd);\n}\n",
    "zones/zone.h": "/* Zones. */\n#pragma once\n\nextern int zone_count;\n",
    "zones/zone.c": '#include "zones/zone.h"\n\n#include "zones/dns_name.h"\n\n'
    "int zone_count;\n\nstatic int load(void)\n{\n    return dns_name_read(\"a\", 0);\n}\n",
    "sched/choose/rank.c": '#include "zones/zone.h"\n\nstatic int best(void)\n{\n    return zone_count;\n}\n',
    "server/udp.c": "#include <sys/socket.h>\n\n#include \"zones/zone.h\"\n",
    "base/loop.h": "/* Loop. */\n#pragma once\n\n#include <uv.h>\n\nstruct loop {\n    uv_loop_t uv;\n};\n",
    "README.md": "Look at `base/err.def`, tests/style/<file>.py, [the server](server/udp.c) and\n"
    "https://example.org/docs/nothing.html; build with `tools/x`.\n",
    "tools/x": "",
    "tests/style/a.py": "",
}

# What is changed, in which file, from what to what (None: append), and the rule that must fail with what.
BAD = [
    ("base includes zones", "base/bytes.c", None, '#include "zones/zone.h"\n', "1 includes", "must not include"),
    ("server includes a test", "server/udp.c", None, '#include "tests/style/a.py"\n', "1 includes", "must not"),
    ("dns_ includes zone_", "zones/dns_name.c", None, '#include "zones/zone.h"\n', "1 includes", "later step"),
    ("a path from elsewhere", "zones/zone.c", '"zones/zone.h"', '"zone.h"', "1 includes", "not a path"),
    ("a folder without a floor", "misc/a.c", None, "\n", "1 includes", "on no floor"),
    ("a step without an order", "zones/other.c", None, "\n", "1 includes", "begins with one of"),
    ("choose reaches libuv", "zones/zone.h", "extern", '#include "base/loop.h"\n\nextern', "1 sched", "by"),
    ("two headers need each other", "base/bytes.h", "#include <stdint.h>", '#include "base/loop.h"', "1 no two", ""),
    ("a DNS word in a comment", "base/bytes.c", None, "/* for an RRset */\n", "2", "RRset"),
    ("a DNS word in a name", "base/bytes.c", None, "static int zone_size;\n", "2", "zone"),
    ("lmdb away from home", "zones/zone.c", None, "#include <lmdb.h>\n", "3 libraries", "base/kv_lmdb.c"),
    ("an unknown library", "zones/zone.c", None, "#include <foo/foo.h>\n", "3 libraries", "no library"),
    ("a library name away from home", "zones/zone.h", None, "\nstruct zone {\n    MDB_env *env;\n};\n", "3 no", "MDB"),
    ("bad format", "zones/zone.c", None, "int  zone_x ;\n", "4 clang-format", "zones/zone.c"),
    ("a warning flag gone", "cmake/flags.cmake", "-Wshadow", "", "4 warnings", "-Wshadow"),
    ("a function without prefix", "zones/zone.h", None, "\n/* X.\n" + DOC + "int other(void);\n", "5", "other"),
    ("a tag without prefix", "zones/zone.h", None, "\nstruct zones {\n    int a;\n};\n", "5", "tag zones"),
    ("a constant without prefix", "zones/zone.h", None, "\nenum { ZONE_A, LATE };\n", "5", "constant LATE"),
    ("a macro without prefix", "zones/zone.h", None, "\n#define PLENTY 3\n", "5", "macro PLENTY"),
    ("a type without prefix", "zones/zone.h", None, "\ntypedef int (*done_fn)(void);\n", "5", "type done_fn"),
    ("a function that nobody uses", "sched/choose/rank.c", "zone_count", "0", "5 exported names are", "zone_count"),
    ("no docstring", "zones/zone.h", None, "\nint zone_x(void);\n", "6", "no docstring"),
    ("half a docstring", "base/bytes.h", "Units: none. Errors: none. Source: none. */\nstatic", "*/\nstatic",
     "6", "rd_u8 says nothing of Units: Errors: Source:"),
    ("a docstring too far away", "zones/dns_name.h", "*/\nint", "*/\n\nint", "6", "no docstring"),
    ("rows out of order", "base/err.def", None, 'ERR(A, -4000, "")\n', "7", "out of order"),
    ("a number twice", "base/err.def", None, 'ERR(A, -5001, "")\n', "7", "stands in line 3"),
    ("a name twice", "base/err.def", None, 'ERR(SHORT, -5002, "")\n', "7", "stands in line 2"),
    ("a row too short", "base/err.def", None, "ERR(A, -5002)\n", "7", "columns"),
    ("a table without a first comment", "base/err.def", "Rows:", "", "7", "nowhere"),
    ("names out of order", "base/err.def", "order: number", "order: name", "7", "ERR(LONG, ...) is out of order"),
    ("a document names a vanished file", "README.md", "err.def", "gone.def", "8 paths", "base/gone.def"),
    ("a link leads nowhere", "README.md", "(server/udp.c)", "(LICENSE)", "8 paths", "LICENSE"),
    ("a page is old", "tools/docs", None, "#!/bin/sh\necho docs/config.md is old; exit 1\n", "8 gen", "docs/config.md"),
]


def write(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, 0o755)


def good_tree(root):
    top = os.path.join(HERE, "..", "..")
    os.makedirs(os.path.join(root, "cmake"))
    shutil.copy(os.path.join(top, "cmake", "flags.cmake"), os.path.join(root, "cmake"))
    shutil.copy(os.path.join(top, ".clang-format"), root)
    write(root, GOOD)


def spoil(root, path, old, new):
    full, text = os.path.join(root, path), ""
    if os.path.exists(full):
        with open(full, encoding="utf-8") as file:
            text = file.read()
    if old is not None and old not in text:
        raise ValueError(f"{path} does not contain {old!r}")
    write(root, {path: text + new if old is None else text.replace(old, new)})
    if path == "base/bytes.h" and "base/loop.h" in new:  # the other half of the cycle
        spoil(root, "base/loop.h", "#include <uv.h>", '#include <uv.h>\n\n#include "base/bytes.h"')


def expect_good():
    with tempfile.TemporaryDirectory() as root:
        good_tree(root)
        return [f"{title}: {p}" for title, problems in run.results(root) for p in problems]


def expect_bad(path, old, new, rule, fragment):
    with tempfile.TemporaryDirectory() as root:
        good_tree(root)
        spoil(root, path, old, new)
        found = [p for title, problems in run.results(root) if title.startswith(rule) for p in problems]
        if any(fragment in problem for problem in found):
            return []
        return [f"rule {rule!r} says {found or 'nothing'}, without {fragment!r}"]


def expect_sizes():
    with tempfile.TemporaryDirectory() as root:
        good_tree(root)
        files, functions = sizes.longest(Tree(root))
        wanted = (3, "zones/dns_name.c:5 dns_name_read")
        problems = [] if functions[0] == wanted else [f"the longest function is {functions[0]}, not {wanted}"]
        return problems + ([] if files[0] == (13, "base/bytes.c") else [f"the longest file is {files[0]}"])


def main():
    cases = [("a good tree passes", expect_good, ()), ("the longest are found", expect_sizes, ())]
    cases += [(f"{label} is found", expect_bad, rest) for label, *rest in BAD]
    failed = 0
    for label, function, arguments in cases:
        problems = function(*arguments)
        print(f"{'FAIL' if problems else 'ok  '} {label}")
        for problem in problems:
            print(f"       {problem}")
        failed += bool(problems)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
