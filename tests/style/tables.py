"""Rule 7: rows of .def tables are in order, without duplicate names or numbers.

Each table says what its rows are, in a comment before the first one:
    /* Rows: ERR(name, number, text); order: number */
Several macros with the same columns are listed before the parenthesis, several `Rows:` make several kinds.
A last column `more...` stands for any number of them.
Order is `number` (all ascending or all descending), `name` (ascending), or `none`; it holds within one macro.
The columns called `name` and `number` must not repeat within one macro, whatever the order.
"""
import re

ROWS = re.compile(
    r"Rows:\s*([A-Z][A-Z0-9_]*(?:[\s,/|]+[A-Z][A-Z0-9_]*)*)\s*\(([^)]*)\)\s*;\s*order:\s*(number|name|none)",
    re.S,
)


def split(arguments):
    """The arguments of a row, cut at commas outside parentheses and literals."""
    parts, depth, literal, position = [""], 0, "", 0
    while position < len(arguments):
        char = arguments[position]
        if literal:
            if char == "\\":
                parts[-1] += char
                position += 1
                char = arguments[position]
            elif char == literal:
                literal = ""
        elif char in "\"'":
            literal = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if char == "," and depth == 0 and not literal:
            parts.append("")
        else:
            parts[-1] += char
        position += 1
    return [part.strip() for part in parts]


def rows(source, macro):
    """(line, arguments) of each row of a macro."""
    found = []
    for match in re.finditer(rf"^[ \t]*{macro}[ \t]*\(", source.code, re.M):
        depth, position = 1, match.end()
        while depth > 0 and position < len(source.code):
            depth += {"(": 1, ")": -1}.get(source.code[position], 0)
            position += 1
        arguments = split(source.uncommented[match.end() : position - 1])
        found.append((source.line_of(match.start()), arguments))
    return found


def number_of(text):
    try:
        return int(text.strip("()"), 0)
    except ValueError:
        return None


def check_macro(source, macro, columns, order):
    problems, seen, values = [], {"name": {}, "number": {}}, []
    for line, arguments in rows(source, macro):
        place = f"{source.path}:{line}: {macro}({arguments[0]}, ...)"
        if len(arguments) < len([c for c in columns if not c.endswith("...")]):
            problems.append(f"{place} has {len(arguments)} columns, not {len(columns)}")
            continue
        for column in ("name", "number"):
            if column not in columns:
                continue
            value = arguments[columns.index(column)]
            if column == "number" and number_of(value) is None:
                problems.append(f"{place}: {value} is not a number")
                continue
            key = number_of(value) if column == "number" else value.strip('"')
            if key in seen[column]:
                problems.append(f"{place}: {column} {value} stands in line {seen[column][key]} already")
            seen[column][key] = line
            if column == order:
                values.append((key, place))
    pairs = list(zip(values, values[1:]))
    falls = [b[1] for a, b in pairs if a[0] > b[0]]
    rises = [b[1] for a, b in pairs if a[0] < b[0]]
    wrong = falls
    if order == "number" and len(falls) > len(rises):
        wrong = rises
    return problems + [f"{place} is out of order (order: {order})" for place in wrong]


def disorder(tree):
    problems = []
    for source in tree.sources(".def"):
        comments = "\n".join(re.sub(r"^\s*\*", " ", text, flags=re.M) for _, _, text in source.comments)
        kinds = ROWS.findall(comments)
        if not kinds:
            form = "/* Rows: MACRO(name, number, ...); order: number|name|none */"
            problems.append(f"{source.path}: says nowhere what its rows are: {form}")
        for macros, columns, order in kinds:
            names = [column.strip() for column in columns.split(",")]
            if order != "none" and order not in names:
                problems.append(f"{source.path}: order by {order}, but no column is called so")
                continue
            for macro in re.findall(r"[A-Z][A-Z0-9_]*", macros):
                if not rows(source, macro):
                    problems.append(f"{source.path}: announces rows of {macro}, has none")
                problems += check_macro(source, macro, names, order)
    return problems


def checks(tree):
    return [("7 rows of tables are in order, none twice", disorder(tree))]
