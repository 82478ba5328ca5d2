"""Rule 8: paths named in documents exist, generated pages are current."""
import glob
import os
import re
import subprocess

from floors import FLOORS

# A path in prose or in a code block: it begins with one of our folders. Not one inside a longer path or a
# URL. <file> and NAME stand for any text.
PATH = re.compile(
    r"(?<![\w./:$~-])(?:\./)?((?:base|zones|server|resolver|sched|tools|tests|docs|cmake|\.ci)/"
    r"[\w./*<>{},-]*|[A-Z][A-Za-z_]+\.(?:md|txt|json))"
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def documents(tree):
    return [path for path in tree.paths
            if path.endswith(".md") and (path.startswith("docs/") or "/" not in path)]


def stands(tree, path):
    path = re.sub(r"<[^>]*>", "*", path.rstrip(".,-"))
    if path.rstrip("/") in FLOORS:
        return True  # the name of a floor, which may be empty yet
    alternatives = [path]
    braces = re.search(r"\{([^}]*)\}", path)
    if braces:
        alternatives = [path.replace(braces.group(), part, 1) for part in braces.group(1).split(",")]
    return all(glob.glob(os.path.join(tree.root, name)) for name in alternatives)


def vanished(tree):
    problems = []
    for document in documents(tree):
        for number, line in enumerate(tree.read(document).splitlines(), 1):
            named = [match.group(1) for match in PATH.finditer(line)]
            for path in named:
                in_docs = os.path.join(os.path.dirname(document), path)
                if not stands(tree, path) and not tree.exists(in_docs):
                    problems.append(f"{document}:{number}: {path} does not exist")
            for path in LINK.findall(line):
                if path not in named and not tree.exists(os.path.join(os.path.dirname(document), path)):
                    problems.append(f"{document}:{number}: the link to {path} leads nowhere")
    return problems


def outdated(tree):
    """tools/docs --check says which generated page is not what its source makes, one a line."""
    if not tree.exists("tools/docs"):
        return []
    run = subprocess.run([os.path.join(tree.root, "tools/docs"), "--check"], cwd=tree.root, text=True,
                         capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if run.returncode == 0:
        return []
    return (run.stdout + run.stderr).strip().splitlines() or [f"tools/docs --check: exit {run.returncode}"]


def checks(tree):
    return [
        ("8 paths named in documents exist", vanished(tree)),
        ("8 generated pages are current", outdated(tree)),
    ]
