"""What Slicer's Extensions Index reads from CMakeLists.txt, as text, and its description file agree with the disk."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "docs" / "extensions-index" / "SSAGlioma.json"
KEYS = {"$schema", "build_dependencies", "build_subdirectory", "category", "scm_revision", "scm_url", "tier"}
"""Of the schema's v1.0.1, which allows no others."""


@pytest.fixture(scope="module")
def cmake():
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def described():
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"))


def value(cmake, name):
    return re.search(rf'set\s*\(EXTENSION_{name}\s*"([^"]+)"[ ]*\)', cmake)[1]


def test_the_project_has_the_name_of_the_description_file(cmake):
    assert re.findall(r"project\s*\(\s*([^\s\)\n\r]+)", cmake, re.IGNORECASE)[0] == DESCRIPTION.stem


def test_addresses_are_spelled_out_and_lead_to_files_of_this_repository(cmake, described):
    raw = described["scm_url"].replace("github.com", "raw.githubusercontent.com") + f"/{described['scm_revision']}/"
    pictures = [value(cmake, "ICONURL"), *value(cmake, "SCREENSHOTURLS").split()]
    assert len(pictures) > 1
    for address in pictures:
        assert address.startswith(raw) and (ROOT / address.removeprefix(raw)).is_file(), address


def test_one_address_stands_in_all_files(cmake, described):
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    homepage = re.search(r'^Homepage = "(.+)"$', pyproject, re.MULTILINE)[1]
    assert value(cmake, "HOMEPAGE") == described["scm_url"] == homepage
    assert homepage.startswith("https://") and "slicer" in homepage.rsplit("/", 1)[1].lower()


def test_the_description_holds_what_the_schema_knows_and_cmake_says(cmake, described):
    assert set(described) == KEYS and described["tier"] in (1, 3, 5)
    assert described["build_dependencies"] == cmake.split('EXTENSION_DEPENDS "')[1].split('"')[0].split()
    assert described["category"] == value(cmake, "CATEGORY")
    assert (ROOT / "LICENSE.txt").is_file() and "Apache License 2.0" in (ROOT / "README.md").read_text(encoding="utf-8")
