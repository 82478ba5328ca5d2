"""Rule 5: an exported name begins with a prefix its header declares and is used outside its file.

A header declares the prefix of its file name (zone_ in zones/zone.h, also server_conf_ in server/conf.h: with
the folder, where a lower floor has a file of that name), and others by a line ` * Prefix: a_ b_` in a comment.
Functions, variables, types and tags begin with such a prefix (a tag may be the prefix alone: struct rd).
Macros and enum constants are upper case and need only its first word (DNS_NAME_MAX in dns_text.h).
"""
import os
import re

# Macros that steer a library's header, set before its #include.
FOREIGN = {"URCU_INLINE_SMALL_FUNCTIONS"}
UNUSED_ALLOWED = ("tests/",)


def prefixes(source):
    declared = re.findall(r"^[ /]*\*[ \t]*Prefix:[ \t]*([\w \t]+)", source.text, re.M)
    words = [word.rstrip("_") for line in declared for word in line.split()]
    folder = os.path.basename(os.path.dirname(source.path))
    return [source.stem, f"{folder}_{source.stem}"] + words


def begins(name, prefix):
    return name == prefix or name.startswith(prefix + "_")


def left_macros(tree, source):
    """(line, name) of the macros that are still there after the header; a .def may undefine its own."""
    gone = source.undefined()
    for _, _, path in source.includes():
        if path.endswith(".def") and path in tree.paths:
            gone |= tree.source(path).undefined()
    return [(line, name) for line, name, _ in source.macros() if name not in gone]


def misnamed(tree):
    problems = []
    for source in tree.sources(".h"):
        allowed = prefixes(source)
        first_words = {prefix.split("_")[0].lower() for prefix in allowed}
        names = [(d.line, d.kind, d.name) for d in source.declarations()]
        names += [(line, "macro", name) for line, name in left_macros(tree, source)]
        for line, kind, name in names:
            if kind in ("constant", "macro"):
                good = name in FOREIGN or name.startswith("_") or name.lower().split("_")[0] in first_words
            else:
                good = any(begins(name, prefix) for prefix in allowed)
            if not good:
                wanted = " ".join(prefix + "_" for prefix in allowed if prefix != allowed[1])
                problems.append(f"{source.path}:{line}: {kind} {name} does not begin with {wanted}")
    return problems


def ways_in(source, name):
    """The names by which others reach a function: its own, and those of the header's macros that call it."""
    return {name} | {macro for _, macro, body in source.macros() if re.search(rf"\b{name}\b", body)}


def unused(tree):
    words = {source.path: source.words() for source in tree.sources()}
    problems = []
    for source in tree.sources(".h"):
        if source.path.startswith(UNUSED_ALLOWED):
            continue
        own = {source.module + ".c", source.module + ".h"}
        for declaration in source.declarations():
            if declaration.kind not in ("function", "variable"):
                continue
            ways = ways_in(source, declaration.name)
            if not any(ways & words[path] for path in words if path not in own):
                place = f"{source.path}:{declaration.line}"
                problems.append(f"{place}: {declaration.name} is used nowhere outside its file")
    return problems


def checks(tree):
    return [
        ("5 exported names begin with the prefix of their header", misnamed(tree)),
        ("5 exported names are used outside their file", unused(tree)),
    ]
