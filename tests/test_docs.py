"""What the documents say is what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import psycopg
import pytest
from bootstrap import ROOT

README = (ROOT / "README.md").read_text()
ERRORS = (ROOT / "docs" / "errors.md").read_text()
DESIGN = (ROOT / "docs" / "design.md").read_text()


def test_the_readme_has_two_commands_and_they_are_there() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert commands == ["python3 scripts/start.py", "python3 scripts/test.py"]


COMMANDS = sorted(
    path.name for path in (ROOT / "scripts").glob("*.py") if "ArgumentParser(" in path.read_text()
)


@pytest.mark.parametrize("script", COMMANDS)
def test_every_script_tells_what_it_is(script: str) -> None:
    said = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--help"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("usage:")


DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "web" / "README.md"]
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text()):
        assert (folder / target).exists(), target


def test_every_document_is_linked_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#]+)\)", README))
    assert {path for path in DOCUMENTS if path.startswith("docs/") and "/decisions/" not in path} <= linked


def test_every_decision_says_context_choice_and_cost() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    decisions = sorted(folder.glob("0*.md"))
    assert [file.name[:4] for file in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for file in decisions:
        text = file.read_text()
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Choice", "Cost"], file.name
        assert f"]({file.name}) {text.partition('. ')[2].partition(chr(10))[0]}" in index, file.name


def test_the_readme_names_every_verb_and_every_folder_of_tests() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)/` \| (.*) \|$", README, re.MULTILINE)}
    verbs = {"start", "stop", "test", "check", "fix", "journey", "screenshots", "bench"}
    assert verbs <= {name.removesuffix(".py") for name in COMMANDS}
    assert verbs <= set(re.findall(r"`(\w+)`", rows["scripts"]))
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/conftest.py")}
    assert folders == set(re.findall(r"`(\w+)`", rows["tests"]))


def test_every_error_code_is_documented_with_its_status(rules: str) -> None:
    with psycopg.connect(rules) as connection:
        in_the_rules: dict[str, str] = dict(
            connection.execute("select code, http_status::text from private.error_codes()").fetchall()
        )
    assert dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", ERRORS, re.MULTILINE)) == in_the_rules


def test_every_code_an_rpc_refuses_with_is_listed(rules: str) -> None:
    """An unlisted error code would be a 500; `refuse` itself fails on an unlisted field code."""
    with psycopg.connect(rules) as connection:
        listed = {code for (code,) in connection.execute("select code from private.error_codes()")}
        fields = {
            code
            for (code,) in connection.execute("select unnest(enum_range(null::private.field_code))::text")
        }
        bodies = "".join(
            body for (body,) in connection.execute("select prosrc from pg_proc where prosrc ~ 'refuse'")
        )
    assert set(re.findall(r"refuse\('(\w+)'", bodies)) <= listed
    assert set(re.findall(r'"code": "(\w+)"', bodies)) <= fields


def test_every_field_code_of_an_uploaded_file_is_documented() -> None:
    functions = "".join(
        (ROOT / "functions" / "files" / f"{name}.py").read_text() for name in ("inspector", "uploads")
    )
    used = set(re.findall(r'(?:Unfit\(|code=|"path", )"(\w+)"', functions))
    listed = re.search(r"of an uploaded file(.*?)\n\n", DESIGN, re.DOTALL)
    assert listed
    assert used == set(re.findall(r"\w+", listed[1])) - {"field", "path"}


# Words that point at something a reader of the repository does not have. In two parts, so that this file is not found itself.
OUTSIDE = re.compile(
    "|".join(
        (
            "look" + r"\.md",
            r"\bthe " + r"issues?\b",
            "reference" + "/",
            r"\b[Ss]ections? " + r"\d",
            "money" + "-cases",
        )
    )
)
FOLDERS = ("docs", "functions", "scripts", "sql", "supabase", "tests", "web/src", "web/checks", ".ci")
WRITTEN_BY_PEOPLE = {
    ".md",
    ".py",
    ".sql",
    ".ts",
    ".tsx",
    ".js",
    ".toml",
    ".txt",
    ".jinja",
    ".html",
    ".css",
    ".json",
    ".yaml",
    "",
}


def test_nothing_points_outside_the_repository() -> None:
    """But public sources, by address."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), ROOT / "web" / "README.md"]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if path.is_file()
        and path.suffix in WRITTEN_BY_PEOPLE
        and not {"node_modules", ".temp"} & set(path.parts)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if OUTSIDE.search(re.sub(r"https?://\S+", "", line))
    ]
    assert found == []


def test_every_setting_of_the_functions_is_told() -> None:
    contract = json.loads((ROOT / "docs" / "contract.json").read_text())
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert set(contract["environment"]) <= set(re.findall(r"`([A-Z_]+)`", operations))


def test_test_files_have_names_of_their_own() -> None:
    """Two of one name in two folders, and pytest takes neither."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
