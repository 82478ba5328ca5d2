#!/usr/bin/env python3
"""Count the single tests in a JUnit file of ctest and print the output of the programs that failed.

usage: count_tests.py FILE
Prints the failures, then a last line "N passed, N failed, N skipped". A cmocka program counts by its own
tests; any other program counts as one. A program that fails without a failed test (a crash, a leak found
by a sanitizer, a time-out) counts as one failure more.
"""
import re
import sys
import xml.etree.ElementTree as xml


def count(output, ok):
    """(passed, failed, skipped) of one program from what it printed and how it ended."""
    if "[==========]" not in output:
        return (1, 0, 0) if ok else (0, 1, 0)
    passed = len(re.findall(r"\[ +OK \] ", output))
    skipped = sum(int(n) for n in re.findall(r"\[  SKIPPED \] (\d+) test\(s\)", output))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test\(s\)", output))
    if not ok and failed == 0:
        failed = 1
    return (passed, failed, skipped)


def main(path):
    total = [0, 0, 0]
    cases = list(xml.parse(path).getroot().iter("testcase"))
    if not cases:
        print("FAIL there is no such test")
        total[1] = 1
    for case in cases:
        output = case.findtext("system-out") or ""
        ok = case.get("status") == "run"
        numbers = count(output, ok)
        total = [a + b for a, b in zip(total, numbers)]
        if not ok or numbers[1] > 0:
            print(f"FAIL {case.get('name')}:")
            print("    " + output.strip().replace("\n", "\n    "))
    print("%d passed, %d failed, %d skipped" % tuple(total))


if __name__ == "__main__":
    main(sys.argv[1])
