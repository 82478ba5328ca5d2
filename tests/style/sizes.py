"""Not a check: the ten longest .c files and functions, to look at. Tables and tests are exempt."""
import re


def functions(source):
    """(lines, place) of each function: with our format its braces stand in the first column."""
    found, start = [], None
    lines = source.code.splitlines()
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = number_of_head(lines, start)
            names = re.findall(r"(\w+)\s*\(", " ".join(lines[head - 1 : start]))
            found.append((number - start - 1, f"{source.path}:{head} {names[0] if names else '?'}"))
            start = None
    return found


def number_of_head(lines, brace):
    head = brace
    while head > 1 and lines[head - 2].strip() and lines[head - 2][0] not in "}#":
        head -= 1
    return head


def longest(tree, count=10):
    sources = [s for s in tree.sources(".c") if not s.path.startswith("tests/")]
    files = sorted(((s.text.count("\n"), s.path) for s in sources), reverse=True)
    bodies = sorted((f for s in sources for f in functions(s)), reverse=True)
    return files[:count], bodies[:count]


def report(tree):
    for title, rows in zip(("the longest files, in lines", "the longest functions, in lines"), longest(tree)):
        print(title)
        for size, place in rows:
            print(f"  {size:5} {place}")
