"""Films that share warm processes get the subtitles that each gets alone, byte for byte."""

import json
import sqlite3
from pathlib import Path

from benchmarks.library import measure, write_film


def test_films_that_share_warm_processes_get_the_subtitles_of_single_runs(tmp_path: Path) -> None:
    films = [write_film(tmp_path / "films" / f"E{k}.mkv", k) for k in range(3)]
    single = measure("single", tmp_path / "single", [films[1:2], films[2:]])
    shared = measure("shared", tmp_path / "shared", [films])
    assert shared.digests.items() > single.digests.items()
    assert len(shared.digests) == 9, "three films in three languages"
    records = [
        json.loads(path.read_bytes())
        for path in (tmp_path / "shared" / "out").glob("[0-9]*/*/*/*/stages/*/result.json")
    ]
    assert not any(record["reused_from"] for record in records), "the films differ in every stage"
    with sqlite3.connect(tmp_path / "shared" / "out" / "ledger.sqlite3") as ledger:
        assert ledger.execute("SELECT state, attempts FROM films").fetchall() == [("done", 1)] * 3
