"""What a machine of a cluster makes of a request before its stage gets it."""

import os
from pathlib import Path

from msgspec.structs import replace

from indicsubs.jobs.files import source_file, with_states
from indicsubs_cluster.stage_actor import with_own_state
from indicsubs_contract.source_files import file_state


def test_a_film_on_shared_storage_is_not_read_again_where_its_device_has_another_number(
    tmp_path: Path,
) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"film")
    known = with_states(source_file(film))
    elsewhere = replace(known, state=f"77 {known.state.partition(' ')[2]}")
    assert with_own_state(elsewhere) == known == replace(elsewhere, state=file_state(film))


def test_a_film_that_changed_meanwhile_keeps_the_state_that_is_not_its_own(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"film")
    known = with_states(source_file(film))
    os.utime(film, ns=(0, 0))
    assert with_own_state(known) == known
    film.unlink()
    assert with_own_state(known) == known, "the stage says that it is not there"
