"""The films in folders, patterns and lists."""

from pathlib import Path

import pytest

from indicsubs.library.films import find_films, is_many, read_list
from indicsubs.library.ignore_rules import IGNORE_FILE
from indicsubs_contract.errors import FailureCode, IndicsubsError


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name in (
        "Show/S01/E02.mkv",
        "Show/S01/E01.MP4",
        "Show/S01/E01.hin.srt",
        "Show/S01/.E03.mkv.part.mkv",
        "Show/S01/E01-sample.mkv",
        "Show/S01/Trailers/T.mkv",
        "Show/.hidden/x.mkv",
        "Film.avi",
        "old/Old.mkv",
        "poster.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "old" / IGNORE_FILE).touch()
    return tmp_path


def found(library: Path, *names: str, ignored: tuple[str, ...] = ()) -> list[str]:
    films = find_films((str(library / name) for name in names), ignored)
    return [str(path.relative_to(library)) for path in films]


def test_a_folder_has_the_films_in_it_and_below(library: Path) -> None:
    assert found(library, "") == ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]


@pytest.mark.parametrize(
    ("lines", "films"),
    [
        ("*.avi\n", ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]),
        ("/S01/\n", ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]),
        ("Show/S01/\n", ["Film.avi"]),
        ("# remarks only\n", ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]),
        ("*.[mM]*\n!E02.*\n", ["Film.avi", "Show/S01/E02.mkv"]),
        ("Show/*\n!Show/S01\nE02.*\n", ["Film.avi", "Show/S01/E01.MP4"]),
        ("Show/\n!Show/S01/E02.mkv\n", ["Film.avi"]),
        (" \n", []),
    ],
)
def test_lines_of_an_ignore_file_leave_films_out(library: Path, lines: str, films: list) -> None:
    (library / IGNORE_FILE).write_text(lines)
    if films:
        assert found(library, "") == films
    else:
        with pytest.raises(IndicsubsError, match="No film was found"):
            found(library, "")


def test_a_deeper_ignore_file_is_stronger_and_the_command_line_the_strongest(
    library: Path,
) -> None:
    (library / IGNORE_FILE).write_text("*.mkv\n*.MP4\n")
    (library / "Show" / "S01" / IGNORE_FILE).write_text("!E02.mkv\n")
    assert found(library, "") == ["Film.avi", "Show/S01/E02.mkv"]
    assert found(library, "", ignored=("E02.*", "!E01.*")) == ["Film.avi", "Show/S01/E01.MP4"]


def test_patterns_of_the_command_line(library: Path) -> None:
    assert found(library, "", ignored=("/Show/",)) == ["Film.avi"]
    assert found(library, "Show/S01/*", ignored=("E02*", "Trailers/")) == ["Show/S01/E01.MP4"]
    assert found(library, "Film.avi", "*", ignored=("Show/",)) == ["Film.avi"]
    assert found(library, "Film.avi", ignored=("*.avi",)) == ["Film.avi"]


def test_an_ignore_file_that_cannot_be_understood_is_named(library: Path) -> None:
    (library / IGNORE_FILE).write_text("*.avi\n!\n")
    with pytest.raises(IndicsubsError, match=rf"{IGNORE_FILE}: Invalid git pattern") as refused:
        found(library, "")
    assert refused.value.code is FailureCode.BAD_INPUT
    with pytest.raises(IndicsubsError, match="--ignore has an empty pattern"):
        found(library, "", ignored=(" ",))
    with pytest.raises(IndicsubsError, match="--ignore: Invalid git pattern") as refused:
        found(library, "", ignored=("!",))
    assert refused.value.code is FailureCode.USAGE


def test_an_ignore_file_that_cannot_be_read_is_named(library: Path) -> None:
    (library / "Show" / IGNORE_FILE).mkdir()
    assert "Show/S01/E01.MP4" in found(library, "")
    (library / "Show" / IGNORE_FILE).rmdir()
    (library / "Show" / IGNORE_FILE).symlink_to("gone")
    with pytest.raises(IndicsubsError, match=f"{IGNORE_FILE} cannot be read"):
        found(library, "")


def test_films_that_indicsubs_made_are_left_out(library: Path) -> None:
    for name in (
        "out/ledger.sqlite3",
        "out/2026/Film.mkv",
        "job/job.json",
        "job/subtitles/Film.mkv",
    ):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    assert found(library, "") == ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]


def test_waste_baskets_and_previews_have_no_films(library: Path) -> None:
    for name in ("#recycle", "@eaDir", "lost+found"):
        (library / name).mkdir()
        (library / name / "x.mkv").touch()
    assert found(library, "") == ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]


def test_a_film_is_found_once(library: Path) -> None:
    assert found(library, "Show/S01/E02.mkv", "Show", "Film.avi") == [
        "Show/S01/E02.mkv",
        "Show/S01/E01.MP4",
        "Film.avi",
    ]


def test_patterns(library: Path) -> None:
    assert found(library, "Show/*/E*.[mM]*") == ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]
    assert found(library, "Sho*") == ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]


def test_patterns_leave_out_what_folders_leave_out(library: Path) -> None:
    for name in ("#recycle/x.mkv", "@eaDir/x.mkv", "old/deeper/x.mkv", "job/subtitles/x.mkv"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    (library / "job" / "job.json").touch()
    every = ["Film.avi", "Show/S01/E01.MP4", "Show/S01/E02.mkv"]
    for pattern in ("**", "**/*", "**/*.*", "*", "Show/../*"):
        assert sorted(found(library, pattern)) == every, pattern
    assert found(library, "*/*/*.mkv") == ["Show/S01/E02.mkv"]
    (library / "Show" / IGNORE_FILE).write_text("E01.*\n")
    assert found(library, "*/*/*.*") == ["Show/S01/E02.mkv"]
    assert found(library, "Show/S0*/../../*.avi") == ["Film.avi"]
    for pattern in ("old/*.mkv", "old/deep*", "Show/.hid*", "#*/*.mkv", "job/*/*"):
        with pytest.raises(IndicsubsError, match="No film was found"):
            found(library, pattern)


def test_ignore_files_above_a_named_folder_count(library: Path) -> None:
    (library / IGNORE_FILE).write_text("E01.*\n# remark\n")
    assert found(library, "Show/S01") == found(library, "Show/S01/*") == ["Show/S01/E02.mkv"]
    (library / "Show" / IGNORE_FILE).write_text("!E01.*\nE02.*")
    assert found(library, "Show/S01") == ["Show/S01/E01.MP4"]
    assert found(library, "Show/S01/E02.mkv") == ["Show/S01/E02.mkv"]


@pytest.mark.parametrize("lines", ["", "S01/\n", "/S01/\nE02.*\n!E02.*\n", "*\n"])
def test_a_named_folder_is_taken_although_one_above_leaves_it_out(
    library: Path, lines: str
) -> None:
    (library / "Show" / IGNORE_FILE).write_text(lines)
    assert found(library, "Show/S01") == ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]
    (library / IGNORE_FILE).write_text("Show/\n*.mkv\n")
    taken = ["Show/S01/E01.MP4"] if "!" not in lines else ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]
    assert found(library, "Show/S01") == taken


def test_folders_above_one_that_cannot_be_entered_do_not_count(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library / IGNORE_FILE).write_text("E01.*\n")
    closed = str(library / "Show")
    monkeypatch.setattr("os.access", lambda path, _: str(path) != closed)
    assert found(library, "Show/S01") == ["Show/S01/E01.MP4", "Show/S01/E02.mkv"]


def test_what_leaves_all_films_out_is_named(library: Path) -> None:
    for name, ignored, by in (
        ("old", (), f"old/{IGNORE_FILE} leaves out"),
        ("old/*.mkv", (), f"old/{IGNORE_FILE} leaves out"),
        ("Show", ("*.mkv", "*.MP4"), r"Show\. --ignore leaves out"),
        ("*.avi", ("*.avi",), "--ignore leaves out"),
    ):
        with pytest.raises(IndicsubsError, match=by) as refused:
            found(library, name, ignored=ignored)
        assert refused.value.code is FailureCode.NO_INPUT


@pytest.mark.parametrize("name", ["Show/S01", "Show/S01/*", "Show/*/*.mkv"])
def test_an_ignore_file_that_is_a_link_to_nothing_is_named(library: Path, name: str) -> None:
    (library / "Show" / "S01" / IGNORE_FILE).symlink_to("gone")
    with pytest.raises(IndicsubsError, match=f"S01/{IGNORE_FILE} cannot be read"):
        found(library, name)
    (library / "Show" / "S01" / IGNORE_FILE).rename(library / IGNORE_FILE)
    with pytest.raises(IndicsubsError, match=f"{IGNORE_FILE} cannot be read"):
        found(library, name)


def test_paths_are_normal_and_links_stay(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(library / "Show")
    (library / "linked").symlink_to("Show", target_is_directory=True)
    names = ("./S01/../S01", "S01/E02.mkv", "../Show/S01/*.mkv", "../Film.avi", "../old/../*.avi")
    assert [str(path.relative_to(library)) for path in find_films(names)] == [
        *("Show/S01/E01.MP4", "Show/S01/E02.mkv", "Film.avi")
    ]
    assert [path.parent for path in find_films(["../linked/S01/E02.mkv"])] == [
        library / "linked" / "S01"
    ]
    assert len(list(find_films(["../*"]))) == 3, "once, although two names lead there"


def test_a_named_film_may_have_any_name(library: Path) -> None:
    (library / "recording [1]").touch()
    assert found(library, "recording [1]") == ["recording [1]"]
    assert not is_many(str(library / "recording [1]"))


def test_what_stands_for_many_films(library: Path) -> None:
    assert is_many(str(library))
    assert is_many(str(library / "*.mkv"))
    assert is_many(str(library / "E0[12].mkv"))
    assert not is_many(str(library / "Film.avi"))
    assert not is_many(str(library / "gone [1.mkv"))


@pytest.mark.parametrize("name", ["*.webm", "Show/S01/Trailers/../../../empty"])
def test_a_name_without_films_is_refused(library: Path, name: str) -> None:
    (library / "empty").mkdir()
    with pytest.raises(IndicsubsError, match="No film was found in") as refused:
        found(library, name)
    assert refused.value.code is FailureCode.NO_INPUT


def test_a_list_has_a_name_in_each_line(library: Path) -> None:
    films = library / "lists" / "films.txt"
    films.parent.mkdir()
    films.write_text("\ufeff# season one\n../Show/S01\n\n  ../Film.avi  \n", encoding="utf-8")
    assert [path.name for path in find_films(read_list(films))] == [
        "E01.MP4",
        "E02.mkv",
        "Film.avi",
    ]


def test_what_the_system_does_not_let_us_read_is_named(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str | Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("os.scandir", refuse)
        with pytest.raises(IndicsubsError, match="Show cannot be read: Permission denied"):
            found(library, "Show")
    (library / "films.txt").touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(IndicsubsError, match=r"films\.txt cannot be read: Permission denied"):
        read_list(library / "films.txt")


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndicsubsError, match="is not there") as refused:
        read_list(tmp_path / "none.txt")
    assert refused.value.code is FailureCode.NO_INPUT
    (tmp_path / "film.mkv").write_bytes(b"\x1a\x45\xdf\xa3\x9f\xff")
    with pytest.raises(IndicsubsError, match="is not a list of films") as refused:
        read_list(tmp_path / "film.mkv")
    assert refused.value.code is FailureCode.BAD_INPUT
