"""The source tree as the style checks see it: files, their code without comments, what headers declare."""
import os
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

SKIPPED = re.compile(r"^(\.|build$|build-|run$|__pycache__$)")


def blank(text):
    """The same text with everything but line ends made spaces, so that places stay."""
    return re.sub(r"[^\n]", " ", text)


LEXEMES = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])*')""",
    re.S | re.X,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)")


@dataclass
class Declaration:
    """One thing at the outermost level of a header."""

    kind: str  # function, variable, tag, type or constant
    name: str
    line: int
    start: int  # offset of its first character
    end: int  # offset after its last character


@dataclass
class Source:
    path: str
    text: str
    code: str = ""  # without comments and the insides of literals; places as in text
    comments: list = field(default_factory=list)  # (start, end, text)

    def __post_init__(self):
        def replaced(match):
            if match.lastgroup == "comment":
                self.comments.append((match.start(), match.end(), match.group()))
                return blank(match.group())
            inner = match.group()[1:-1]
            return match.group()[0] + blank(inner) + match.group()[-1]

        self.code = LEXEMES.sub(replaced, self.text)

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    @cached_property
    def uncommented(self):
        """The text without comments, literals kept; places as in text."""
        return LEXEMES.sub(lambda m: blank(m.group()) if m.lastgroup == "comment" else m.group(), self.text)

    @property
    def stem(self):
        return os.path.splitext(os.path.basename(self.path))[0]

    @property
    def module(self):
        """The .c, .h and .def of one name are one module."""
        return os.path.splitext(self.path)[0]

    def includes(self):
        """(line, "own" or "system", path) of each #include."""
        found = []
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', self.text, re.M):
            if self.code[match.start() : match.end()].strip():
                kind = "own" if match.group(1) == '"' else "system"
                found.append((self.line_of(match.start()), kind, match.group(2)))
        return found

    def words(self):
        """All identifiers in the code."""
        return set(re.findall(r"[A-Za-z_]\w*", self.code))

    def undefined(self):
        """The names of the macros that this file undefines."""
        return set(re.findall(r"^[ \t]*#[ \t]*undef[ \t]+(\w+)", self.code, re.M))

    def macros(self):
        """(line, name, what it expands to) of the macros that this file defines."""
        found = []
        for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n\\]|\\.|\\\n)*)", self.code, re.M):
            found.append((self.line_of(match.start()), match.group(1), match.group(2)))
        return found

    def declarations(self):
        """What this header declares at its outermost level."""
        code = DIRECTIVE.sub(lambda m: blank(m.group()), self.code)
        found = []
        for start, end in _statements(code):
            found += _classify(self, code, start, end)
        return found


def _statements(code):
    """(start, end) of each statement at the outermost level; a function's body belongs to it."""
    start, position, depth = None, 0, 0
    while position < len(code):
        char = code[position]
        if start is None and not char.isspace() and char != ";":
            start = position
        if char in "({[":
            depth += 1
        elif char in ")}]":
            depth -= 1
            if char == "}" and depth == 0 and _is_function_head(code[start:position].split("{")[0]):
                yield start, position + 1
                start = None
        elif char == ";" and depth == 0 and start is not None:
            yield start, position + 1
            start = None
        position += 1


def _is_function_head(head):
    head = ATTRIBUTE.sub(" ", head)
    return "(" in head and "=" not in head and not head.lstrip().startswith("typedef")


def _classify(source, code, start, end):
    text = ATTRIBUTE.sub(lambda m: blank(m.group()), code[start:end])
    line = source.line_of(start)

    def made(kind, name, offset=0):
        return Declaration(kind, name, line + text.count("\n", 0, offset), start, end)

    if text.startswith("_Static_assert"):
        return []
    if text.startswith("typedef"):
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", text)
        name = pointer or re.search(r"(\w+)\s*\(", text) or re.search(r"(\w+)\s*;$", text)
        return [made("type", name.group(1))] if name else []
    found = []
    tag = re.match(r"(struct|union|enum)\s*(\w*)\s*\{", text)
    if tag:
        if tag.group(2):
            found.append(made("tag", tag.group(2)))
        if tag.group(1) == "enum":
            body = text[tag.end() : text.rindex("}")]
            for constant in re.finditer(r"(?:^|,)\s*([A-Za-z_]\w*)\s*(?=[,=]|$)", body.rstrip()):
                found.append(made("constant", constant.group(1), tag.end() + constant.start(1)))
        return found
    if re.match(r"(struct|union|enum)\s+\w+\s*;", text):
        return []  # a forward declaration
    head = text.split("{")[0]
    function = re.search(r"(\w+)\s*\(", head)
    if function and "=" not in head.split("(")[0]:
        return [made("function", function.group(1), function.start(1))]
    variable = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?;", text, re.S)
    return [made("variable", variable.group(1))] if variable else []


class Tree:
    """All files of a project, read once."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.paths = []
        for folder, folders, files in os.walk(self.root):
            relative = os.path.relpath(folder, self.root)
            folders[:] = sorted(name for name in folders if not SKIPPED.match(name))
            for name in sorted(files):
                self.paths.append(name if relative == "." else os.path.join(relative, name))

    @lru_cache(maxsize=None)
    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    @lru_cache(maxsize=None)
    def source(self, path):
        return Source(path, self.read(path))

    def sources(self, *endings, under=""):
        """The C files with these endings (default all three)."""
        endings = endings or (".c", ".h", ".def")
        return [
            self.source(path) for path in self.paths if path.endswith(endings) and path.startswith(under)
        ]

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))
