"""Rule 4: clang-format leaves the tree unchanged; the warning flags are there, as errors."""
import re
import shutil
import subprocess

FLAGS = """-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wimplicit-fallthrough -Werror""".split()


def unformatted(tree):
    files = [source.path for source in tree.sources(".c", ".h")]
    if not files:
        return []
    if shutil.which("clang-format") is None:
        return ["clang-format is not installed (package clang-format)"]
    run = subprocess.run(
        ["clang-format", "--style=file", "--dry-run", "--ferror-limit=1", "-Werror"] + files,
        cwd=tree.root, capture_output=True, text=True, check=False,
    )
    problems = re.findall(r"^([^\s:]+:\d+):\d+: error: (.*?)(?: \[-W[\w-]+\])?$", run.stderr, re.M)
    if run.returncode != 0 and not problems:
        return [run.stderr.strip()[:1000]]
    return [f"{place}: {what.replace('code should be clang-formatted', 'run clang-format -i')}"
            for place, what in problems]


def flags(tree):
    path = "cmake/flags.cmake"
    if not tree.exists(path):
        return [f"{path} is missing"]
    there = set(re.findall(r"-W[\w-]+", re.sub(r"#.*", "", tree.read(path))))
    return [f"{path}: {flag} is missing" for flag in FLAGS if flag not in there]


def checks(tree):
    return [
        ("4 clang-format leaves the tree unchanged", unformatted(tree)),
        ("4 warnings are on, and errors", flags(tree)),
    ]
