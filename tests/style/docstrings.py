"""Rule 6: every public prototype has a docstring with Shape, Units, Errors and Source.

The docstring is the comment right above. Prototypes that follow each other without an empty line share one.
"""
import re

WANTED = ["Shape:", "Units:", "Errors:", "Source:"]


def docstring(source, declaration):
    """The comment that ends right above the declaration, or ""."""
    for start, end, text in source.comments:
        between = source.text[end : declaration.start]
        if end <= declaration.start and not between.strip() and between.count("\n") <= 1:
            return text
    return ""


def undocumented(tree):
    problems = []
    for source in tree.sources(".h"):
        before, shared = None, ""
        for declaration in source.declarations():
            if declaration.kind != "function":
                continue
            text = docstring(source, declaration)
            if not text and before is not None:
                between = source.text[before.end : declaration.start]
                if not between.strip() and between.count("\n") <= 1:
                    text = shared
            before, shared = declaration, text
            missing = [word for word in WANTED if not re.search(rf"\b{word}", text)]
            if missing:
                place = f"{source.path}:{declaration.line}: {declaration.name}"
                problems.append(f"{place} says nothing of {' '.join(missing)}" if text
                                else f"{place} has no docstring")
    return problems


def checks(tree):
    return [("6 every public prototype has its docstring", undocumented(tree))]
