#!/usr/bin/env python3
"""Run the style checks on a tree (default: the one this file is in).

usage: run.py [ROOT]
Prints a line "ok" or "FAIL" per rule and, last, "N passed, N failed".
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import docstrings  # noqa: E402
import documents  # noqa: E402
import floors  # noqa: E402
import formatting  # noqa: E402
import homes  # noqa: E402
import names  # noqa: E402
import sizes  # noqa: E402
import tables  # noqa: E402
import words  # noqa: E402
from tree import Tree  # noqa: E402

CHECKS = [floors, words, homes, formatting, names, docstrings, tables, documents]
SHOWN = 40  # problems of one rule


def results(root):
    """(title, problems) of every rule."""
    tree = Tree(root)
    return [result for check in CHECKS for result in check.checks(tree)]


def main(root):
    sizes.report(Tree(root))
    failed = 0
    found = results(root)
    for title, problems in found:
        print(f"{'FAIL' if problems else 'ok  '} {title}" + (f": {len(problems)}" if problems else ""))
        for problem in problems[:SHOWN]:
            print(f"       {problem}")
        if len(problems) > SHOWN:
            print(f"       and {len(problems) - SHOWN} more")
        failed += bool(problems)
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")))
