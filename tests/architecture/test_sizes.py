"""Small files, small functions. Generated migrations are left out."""

from tests.architecture.source import ROOT, functions, modules

FILE_LINES = 400
FUNCTION_LINES = 40


def test_no_file_is_longer_than_its_budget():
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_its_budget():
    long = {}
    for path, tree in modules().items():
        for function in functions(tree):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES:
                long[f"{path}:{function.name}"] = lines
    assert long == {}
