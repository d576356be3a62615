"""What the README says of settings and recipes is so."""

import re

import msgspec

from backend.core.settings import Settings
from tests.architecture.source import ROOT

README = (ROOT / "README.md").read_text()
OF_THE_PROCFILE = {"WEB_HOST", "WEB_PORT", "WEB_CONNECTIONS", "WEB_WORKERS"}
OTHERWISE_NAMED = {"PROMETHEUS_DIR": "PROMETHEUS_MULTIPROC_DIR"}  # the library's own name
LONGEST_RECIPE = 8


def _settings_table() -> set[str]:
    table = README.split("## Settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}


def test_every_setting_stands_in_the_table():
    names = [field.name.upper() for field in msgspec.structs.fields(Settings)]
    fields = {OTHERWISE_NAMED.get(name, name) for name in names}
    assert _settings_table() - OF_THE_PROCFILE == fields


def test_no_recipe_is_longer_than_eight_lines():
    recipes = README.split("## Recipes")[1].split("\n## ")[0]
    long = {}
    for recipe in re.split(r"\n(?=\*\*)", recipes)[1:]:
        lines = [line for line in recipe.splitlines() if line.strip()]
        if len(lines) > LONGEST_RECIPE:
            long[lines[0]] = len(lines)
    assert long == {}


def test_the_files_that_the_map_names_exist():
    listing = README.split("## The map")[1].split("```")[1]
    named = [line.split()[0] for line in listing.splitlines() if line.strip() and not line.startswith(" ")]
    assert [name for name in named if not (ROOT / name).exists()] == []
