"""Documentation that cannot rot: reference pages are current, links resolve, code compiles, nothing is left out."""

import ast
import dataclasses
import importlib.util
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from tayori import config
from tayori.cli.main import COMMANDS
from tayori.cli.words import Words

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([a-z_]+(?:/[a-z_0-9]+)*\.py)`")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """scripts/reference_pages.py as a module."""
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "scripts" / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- reference -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["settings.md", "commands.md"])
def test_reference_page_is_current(generator: ModuleType, name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert generator.pages()[name] == written, "run: make reference"


def test_the_pages_of_operations_are_current(generator: ModuleType) -> None:
    """With another botocore members may differ, and new operations be there: then the operations alone are compared."""
    folder = ROOT / "docs" / "reference"
    made = {name: text for name, text in generator.pages().items() if name.startswith("operations")}
    written = {name: (folder / name).read_text("utf-8") for name in made}
    files = {f"operations/{page.name}" for page in (folder / "operations").glob("*.md")}
    assert made.keys() == files | {"operations.md"}, "run: make reference"
    if f"botocore {metadata.version('botocore')}." not in written["operations.md"]:
        made, written = ({name: _headings(text) for name, text in pages.items()} for pages in (made, written))
    for name, text in made.items():
        assert text == written[name], f"{name}: run make reference"


def _headings(text: str) -> str:
    return "\n".join(re.findall(r"^#+ .*$", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_front_pages_say_how_many_operations_there_are(generator: ModuleType, name: str) -> None:
    written = (ROOT / name).read_text("utf-8")
    assert "<!-- coverage -->" in written
    assert generator.front_pages()[name] == written, "run: make reference"


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    for section, kind in config.SECTIONS.items():
        assert f"## [{section}]" in page
        for field in dataclasses.fields(kind):
            assert field.metadata["doc"].rstrip().endswith("."), f"{section}.{field.name} needs a sentence"
            assert f"`TAYORI_{section}_{field.name}`".upper() in page


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    for name in COMMANDS:
        assert f"## tayori {name}\n" in page
        assert Words("en").has(f"command.{name}")


def test_the_operations_that_the_front_page_uses_are_listed() -> None:
    page = (ROOT / "docs" / "reference" / "operations.md").read_text("utf-8")
    for name in ("CreateEmailIdentity", "SendEmail", "GetAccount", "SendRawEmail"):
        assert f"`{name}`" in page


# -- links, code, names --------------------------------------------------------------------------------------------


def _targets(page: Path) -> Iterator[str]:
    text = _FENCE.sub("", page.read_text("utf-8"))
    yield from _LINK.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_resolve(page: Path) -> None:
    for target in _targets(page):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / unquote(path)).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in _anchors(file), f"{page.name} links to {target}: no such heading"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def python_blocks(page: Path) -> list[str]:
    return [code for language, code in _FENCE.findall(page.read_text("utf-8")) if language == "python"]


@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)], ids=lambda page: page.name)
def test_python_in_the_documentation_compiles(page: Path) -> None:
    for code in python_blocks(page):
        compile(code, str(page), "exec", flags=ast.PyCF_ONLY_AST)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_fences_are_closed_and_nothing_is_left_to_do(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count("```") % 2 == 0
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX)\b", text)


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    source = ROOT / "src" / "tayori"
    named = _PATH.findall(text)
    assert len(named) > 50
    for path in named:
        assert (source / path).exists() or (source / "rehearsal" / path).exists(), f"{path} is not there"


def test_both_front_pages_have_the_same_parts() -> None:
    """The Japanese page says what the English one says: same headings, links and code, and pictures in its language."""
    english, japanese = (ROOT / name for name in ("README.md", "README.ja.md"))
    levels = [re.findall(r"^#+", page.read_text("utf-8"), re.MULTILINE) for page in (english, japanese)]
    assert levels[0] == levels[1]
    ours = {"README.md", "README.ja.md"}
    links = [sorted({one.replace(".ja.png", ".png") for one in _targets(page)} - ours) for page in (english, japanese)]
    assert links[0] == links[1]
    assert len(python_blocks(english)) == len(python_blocks(japanese))


def test_commands_in_the_documentation_exist() -> None:
    """Every `tayori COMMAND` in a shell block is one."""
    for page in PAGES:
        for language, code in _FENCE.findall(page.read_text("utf-8")):
            if language in ("sh", "ini"):
                for name in re.findall(r"(?:^|[\s(/])tayori ([a-z][a-z-]*)", code, re.MULTILINE):
                    assert name in COMMANDS, f"{page.name}: tayori {name}"


def test_settings_in_the_documentation_exist() -> None:
    """Every `section.key` in backquotes is one."""
    known = {f"{section}.{f.name}" for section, kind in config.SECTIONS.items() for f in dataclasses.fields(kind)}
    for page in PAGES:
        for section, key in re.findall(r"`([a-z]+)\.([a-z_0-9]+)`", page.read_text("utf-8")):
            if section in config.SECTIONS and key not in ("py", "md", "test"):
                assert f"{section}.{key}" in known, f"{page.name}: {section}.{key}"


def test_toml_in_the_documentation_is_a_configuration(tmp_path: Path) -> None:
    for page in PAGES:
        for language, code in _FENCE.findall(page.read_text("utf-8")):
            if language == "toml":
                file = tmp_path / "tayori.toml"
                pem = tmp_path / "file.pem"
                pem.touch()
                text = re.sub(r'"/etc/tayori/\w+\.pem"', f'"{pem}"', code)
                file.write_text(text if "[service]" in text else f'[service]\ndomain = "x.example"\nroles=[]\n{text}')
                config.load(tmp_path, file=file, environment={})


def test_test_modules_have_names_of_their_own() -> None:
    """pytest imports them by name, and refuses a second one of the same."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
