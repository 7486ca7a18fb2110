"""A stage's digest follows its imports: what it can reach, and nothing else."""

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_workspace import LIBRARIES, ROOT, copy_sources

from indicsubs.run import code_graph
from indicsubs.run.code_graph import code_digest, reachable, source_folders
from indicsubs_contract.engines import ENGINES, STAGE_ENVIRONMENTS, package_of
from indicsubs_contract.stages import StageName

STAGES = {
    **{stage: f"{package_of(place)}.{stage}" for stage, place in STAGE_ENVIRONMENTS.items()},
    **{
        stage: f"{package_of(e.environment)}.{stage}"
        for e in ENGINES.values()
        for stage in e.stages
    },
}
"""The module of each stage; of asr that of the last recogniser in the table."""
ASR = "indicsubs_whisperx.asr"
SUBTITLES = "indicsubs_common.subtitle_generation"


@pytest.fixture(autouse=True)
def _forget() -> None:
    code_graph.forget()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The real sources, to be changed."""
    copy_sources(tmp_path)
    return tmp_path


def package(root: Path, name: str) -> Path:
    return root / "packages" / name / "src" / f"indicsubs_{name}"


def add(path: Path, text: str) -> None:
    assert path.is_file()
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    code_graph.forget()


UNREACHED = (
    "text/profiles/house.toml",
    "text/rule_profiles.py",
    "text/subtitle_files/ttml.py",
    "common/mux.py",
    "common/report/page/page.css",
    "common/subtitles/layout.py",
    "contract/engines.py",
    "contract/harness.py",
    "contract/messages/mux.py",
    "mlx/asr.py",
    "recognition/align.py",
    "translation/translate.py",
    "whisperx/alignment.py",
    "whisperx/demux.py",
)
REACHED = (
    "contract/audio.py",
    "contract/messages/asr.py",
    "contract/__init__.py",
    "recognition/__init__.py",
    "recognition/chunks.py",
    "recognition/recognise.py",
    "text/languages.py",
    "text/scripts.py",
    "whisperx/asr.py",
)


@pytest.mark.parametrize(
    ("file", "counts"),
    [*((file, False) for file in UNREACHED), *((file, True) for file in REACHED)],
)
def test_asr_s_digest_has_what_asr_reaches_and_nothing_else(
    root: Path, file: str, counts: bool
) -> None:
    before = code_digest(ASR, root)
    name, _, rest = file.partition("/")
    add(package(root, name) / rest, "\nCHANGED = 1\n")
    assert (code_digest(ASR, root) != before) == counts


@pytest.mark.parametrize(
    "text",
    [
        "\n\n# A comment.\n",
        "\n\n\n\n",
        '\n"""A description of the last name."""\n',
    ],
)
def test_comments_docstrings_and_layout_change_no_digest(root: Path, text: str) -> None:
    before = code_digest(ASR, root)
    add(package(root, "recognition") / "recognise.py", text)
    source = package(root, "recognition") / "chunks.py"
    lines = source.read_text(encoding="utf-8").split("\n")
    source.write_text("\n".join(['"""Another docstring."""', *lines[1:]]), encoding="utf-8")
    code_graph.forget()
    assert code_digest(ASR, root) == before


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("common/report/page/page.css", {StageName.SUBTITLE_GENERATION}),
        ("common/subtitles/function_words/hi.toml", {StageName.SUBTITLE_GENERATION}),
        ("text/profiles/netflix.toml", set()),
        ("translation/checks.py", {StageName.INDICTRANS2_TRANSLATION}),
        ("whisperx/onnx_aligner.py", {StageName.ALIGNMENT}),
        ("networks/int8_graph.py", {StageName.ALIGNMENT}),
        ("indictrans2/network.py", {StageName.INDICTRANS2_TRANSLATION}),
    ],
)
def test_a_change_reaches_the_stages_that_can_use_it(
    root: Path, file: str, changes: set[StageName]
) -> None:
    before = {stage: code_digest(module, root) for stage, module in STAGES.items()}
    name, _, rest = file.partition("/")
    add(package(root, name) / rest, "\nCHANGED = 1\n")
    after = {stage: code_digest(module, root) for stage, module in STAGES.items()}
    assert {stage for stage in STAGES if before[stage] != after[stage]} == changes


PAGE = sorted((package(ROOT, "common") / "report" / "page").iterdir())


@pytest.mark.parametrize("page_file", PAGE, ids=lambda path: path.name)
def test_a_page_file_reaches_the_report_alone(root: Path, page_file: Path) -> None:
    before = {stage: code_digest(module, root) for stage, module in STAGES.items()}
    add(root / page_file.relative_to(ROOT), "\n")
    after = {stage: code_digest(module, root) for stage, module in STAGES.items()}
    changed = {stage for stage in STAGES if before[stage] != after[stage]}
    assert changed == {StageName.SUBTITLE_GENERATION}


def test_every_data_file_belongs_to_one_module() -> None:
    owners: dict[Path, list[str]] = {}
    for folder in source_folders(ROOT):
        for path in folder.rglob("*.py"):
            for data in code_graph._data_files(path):
                owners.setdefault(data, []).append(path.name)
    data = {
        path
        for folder in source_folders(ROOT)
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in {".py", ".pyc"}
        and path.name != "py.typed"
        and ".egg-info" not in str(path)
    }
    assert set(owners) == data
    assert {path.name: names for path, names in owners.items() if len(names) > 1} == {}


def test_every_stage_has_its_module() -> None:
    assert set(STAGES) == set(StageName)
    for module in STAGES.values():
        assert reachable(module, source_folders(ROOT))


# --- the rules, on small packages ------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def names(module: str, folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in reachable(module, (folder,))}


def test_imports_count_wherever_they_run(write, tmp_path: Path) -> None:
    write("a.py", "import b\ndef f():\n    from c import d\n    import e.f as g\n")
    for name in ("b.py", "e/__init__.py", "e/f.py", "unused.py"):
        write(name, "")
    write("c.py", "d = 1\n")
    assert names("a", tmp_path) == {"a.py", "b.py", "c.py", "e/__init__.py", "e/f.py"}


def test_imports_for_type_checkers_never_run(write, tmp_path: Path) -> None:
    write(
        "a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\nelse:\n    import c\n",
    )
    write("b.py", "")
    write("c.py", "")
    assert names("a", tmp_path) == {"a.py", "c.py"}


def test_relative_imports_and_circles(write, tmp_path: Path) -> None:
    write("p/__init__.py", "from . import a\n")
    write("p/a.py", "from .q.b import x\nfrom .. import nothing\n")
    write("p/q/__init__.py", "")
    write("p/q/b.py", "from ..a import y\nfrom . import c\n")
    write("p/q/c.py", "")
    assert names("p.a", tmp_path) == {
        "p/__init__.py", "p/a.py", "p/q/__init__.py", "p/q/b.py", "p/q/c.py",
    }  # fmt: skip


def test_a_module_has_the_data_that_it_names_beside_itself(write, tmp_path: Path) -> None:
    write(
        "p/a.py",
        "from pathlib import Path\nONE = Path(__file__).with_name('one.toml')\n"
        "TWO = Path(__file__).parent / 'two'\nTHREE = Path(__file__).parent / 'absent'\n"
        "FOUR = Path('four') / 'x'\n",
    )
    for name in ("p/one.toml", "p/two/x.css", "p/two/deep/y.js", "p/other.toml"):
        write(name, "")
    write("p/two/__pycache__/z.pyc", "")
    write("p/__init__.py", "")
    assert names("p.a", tmp_path) == {
        "p/__init__.py", "p/a.py", "p/one.toml", "p/two/x.css", "p/two/deep/y.js",
    }  # fmt: skip


def test_a_module_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the module nowhere is in none of"):
        reachable("nowhere", (tmp_path,))


def test_the_sources_are_those_of_the_workspace() -> None:
    assert {folder.parent.name for folder in source_folders(ROOT)} >= {*LIBRARIES, "orchestrator"}


def test_several_threads_parse_modules_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # CPython 3.11 fails where one thread's syntax tree is made while that of another is.
    sources = [path.read_bytes() for path in (ROOT / "orchestrator/src").rglob("*.py")][:40]
    failures: list[BaseException] = []

    def parse() -> None:
        try:
            for source in sources:
                code_graph._parsed(source + b"\n# in %d" % threading.get_ident())
        except BaseException as error:
            failures.append(error)

    def switch(phase: str, info: dict) -> None:
        time.sleep(0)

    threshold = gc.get_threshold()
    threads = [threading.Thread(target=parse) for _ in range(3)]
    gc.callbacks.append(switch)
    gc.set_threshold(50)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(switch)
    assert failures == []
