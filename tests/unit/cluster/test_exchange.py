"""Files travel through a storage between machines that share no folder: whole, or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fake_stages import asr_manifest
from msgspec.structs import replace

from indicsubs_cluster.exchange import Exchange, LocalFiles
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.source_files import file_state, fingerprint, sampled_fingerprint
from indicsubs_contract.stages import StageName

FILM = 7
STORAGE = fsspec.filesystem("memory")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield f"memory://{tmp_path.name}/run"
    if STORAGE.exists(f"/{tmp_path.name}"):
        STORAGE.rm(f"/{tmp_path.name}", recursive=True)


@pytest.fixture
def user(url: str) -> Exchange:
    """The exchange as the user's machine has it."""
    return Exchange(url)


@pytest.fixture
def machine(url: str) -> Exchange:
    """The exchange as a machine of the cluster has it."""
    return Exchange(url)


@pytest.fixture
def local(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path / "kept")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "films" / "நாயகன் (1987).mkv"
    path.parent.mkdir()
    path.write_bytes(b"pictures and sound")
    return path


@pytest.fixture
def job(tmp_path: Path) -> Path:
    for folder in ("logs", "stages/demux.tmp"):
        (tmp_path / "job" / folder).mkdir(parents=True)
    (tmp_path / "job" / "logs" / "demux.log").write_text("of an earlier call\n")
    return tmp_path / "job"


def demux(job: Path, film: Path, digest: str = "") -> Manifest:
    """A request for a film, with caches and a log."""
    source = SourceFile(path=str(film), fingerprint=digest or fingerprint(film), state="")
    return Manifest(
        job=str(job),
        output="stages/demux.tmp",
        cache="cache/demux",
        film_cache="../film",
        digest="12",
        log="logs/demux.log",
        request=DemuxRequest(source=source),
    )


def result_of(manifest: Manifest) -> Result:
    """The result of a stage, with the files that it writes into the manifest's job."""
    context = Context(StageName.DEMUX, Path(manifest.job), manifest.output, lambda _: None)
    return Result(
        result=DemuxResult(
            audio=context.write("audio.wav", b"sound", "audio"),
            speech=context.write("speech.json", b"{}", "speech"),
            media=MediaInfo(container="mkv", duration_ms=1, start_ms=0, streams=()),
            audio_start_ms=0,
            audio_track=0,
            channel="mix",
        ),
        peak_memory_bytes=5,
    )


def stored(url: str) -> set[str]:
    """The paths of all files in the storage, relative to the run's folder."""
    folder = f"/{url.removeprefix('memory://')}"
    return {path.removeprefix(f"{folder}/") for path in STORAGE.find(folder)}


def fetch(machine: Exchange, manifest: Manifest, tmp_path: Path, local: LocalFiles) -> Path:
    """Where the film of a request lies on the machine; its content is checked on the way."""
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        path = Path(own.request.source.path)
        assert path.read_bytes() == b"pictures and sound"
        return path


def test_a_request_and_its_result_travel_there_and_back(
    user: Exchange,
    machine: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    url: str,
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        assert own.job == str(tmp_path / "there")
        assert Path(own.request.source.path).read_bytes() == b"pictures and sound"
        assert Path(own.request.source.path).name == film.name, "its name may say the language"
        assert own.request.source.fingerprint == manifest.request.source.fingerprint
        with (Path(own.job) / own.log).open("a") as log:
            log.write("of this call\n")
        result = result_of(own)
        machine.offer_log(own, FILM)
        machine.offer_result(own, result, FILM)
    assert not (tmp_path / "there").exists()
    user.collect_log(manifest, FILM)
    user.collect(manifest, result, FILM)
    assert (job / result.result.audio.path).read_bytes() == b"sound"
    assert (job / result.result.speech.path).read_bytes() == b"{}"
    assert (job / "logs" / "demux.log").read_text() == "of an earlier call\nof this call\n"
    assert stored(url) == {
        f"{FILM}/{name}"
        for name in (
            manifest.request.source.fingerprint,
            result.result.audio.sha256,
            result.result.speech.sha256,
        )
    }


def test_files_of_the_job_keep_their_paths(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, tmp_path: Path
) -> None:
    manifest = replace(asr_manifest(job), log="logs/asr.log")
    user.offer(manifest, FILM)
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        assert own.request == manifest.request
        for file in (own.request.audio, own.request.speech):
            assert (Path(own.job) / file.path).read_bytes() == (job / file.path).read_bytes()


def test_caches_do_not_travel(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, film: Path, tmp_path: Path
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        assert (own.cache, own.film_cache, own.digest) == (None, None, None)
        assert (own.output, own.log) == (manifest.output, manifest.log)
        assert (Path(own.job) / own.output).is_dir()


def test_the_user_s_film_is_never_written_to(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, film: Path, tmp_path: Path
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    path = fetch(machine, manifest, tmp_path, local)
    assert path.is_relative_to(tmp_path / "there")
    assert film.read_bytes() == b"pictures and sound"


def test_a_file_travels_once(
    user: Exchange,
    machine: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    url: str,
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    (name,) = stored(url)
    fetch(machine, manifest, tmp_path, local)
    STORAGE.pipe_file(f"/{url.removeprefix('memory://')}/{name}", b"other")
    user.offer(manifest, FILM)
    assert stored(url) == {name}
    assert STORAGE.cat_file(f"/{url.removeprefix('memory://')}/{name}") == b"other"
    fetch(machine, manifest, tmp_path, local)


def test_what_a_machine_has_made_is_not_sent_back_to_the_storage(
    user: Exchange, machine: Exchange, job: Path, film: Path, url: str
) -> None:
    manifest = demux(job, film)
    result = result_of(manifest)
    machine.offer_result(manifest, result, FILM)
    user.collect(manifest, result, FILM)
    machine.remove()
    request = replace(asr_manifest(job).request, audio=result.result.audio)
    request = replace(request, speech=result.result.speech)
    user.offer(replace(manifest, request=request), FILM)
    assert not stored(url)


def test_a_file_that_a_request_names_twice_is_fetched_once(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, tmp_path: Path
) -> None:
    manifest = asr_manifest(job)
    twice = replace(manifest, request=replace(manifest.request, speech=manifest.request.audio))
    user.offer(twice, FILM)
    with machine.fetched(twice, FILM, tmp_path / "there", local) as own:
        assert own.request == twice.request
    assert len(list((tmp_path / "kept").iterdir())) == 1


def damage(url: str) -> None:
    folder = f"/{url.removeprefix('memory://')}"
    for name in stored(url):
        STORAGE.pipe_file(f"{folder}/{name}", STORAGE.cat_file(f"{folder}/{name}")[:-1] + b"?")


def test_a_damaged_file_is_never_used_by_a_stage(
    user: Exchange,
    machine: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    url: str,
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    damage(url)
    with (
        pytest.raises(IndicsubsError, match=r"நாயகன் .* with another content") as refused,
        machine.fetched(manifest, FILM, tmp_path / "there", local),
    ):
        pass
    assert refused.value.code is FailureCode.IO_ERROR
    assert not list((tmp_path / "kept").iterdir())
    assert not (tmp_path / "there").exists()


def test_a_damaged_file_is_never_part_of_a_result(
    user: Exchange, machine: Exchange, job: Path, film: Path, url: str
) -> None:
    manifest = demux(job, film)
    result = result_of(manifest)
    machine.offer_result(manifest, result, FILM)
    (job / result.result.audio.path).unlink()
    damage(url)
    with pytest.raises(IndicsubsError, match=r"audio\.wav came through the exchange"):
        user.collect(manifest, result, FILM)
    assert not (job / result.result.audio.path).exists()


def test_a_film_that_has_changed_is_not_sent(user: Exchange, job: Path, film: Path, url) -> None:
    manifest = demux(job, film)
    film.write_bytes(b"another cut")
    with pytest.raises(IndicsubsError, match="changed") as refused:
        user.offer(manifest, FILM)
    assert refused.value.code is FailureCode.BAD_INPUT
    assert not stored(url)


def test_a_film_whose_state_is_known_is_not_read_before_it_is_sent(
    user: Exchange, job: Path, film: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    manifest = demux(job, film)
    source = replace(manifest.request.source, state=file_state(film))
    manifest = replace(manifest, request=DemuxRequest(source=source))
    monkeypatch.setattr("indicsubs_contract.source_files.sha256", None)
    user.offer(manifest, FILM)
    assert len(stored(url)) == 1


def test_a_film_that_changes_while_it_is_sent_is_refused(
    user: Exchange, job: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = demux(job, film)
    put = user._put

    def changing(path: Path, number: int, name: str) -> None:
        put(path, number, name)
        film.write_bytes(b"another cut")

    monkeypatch.setattr(user, "_put", changing)
    with pytest.raises(IndicsubsError, match="changed"):
        user.offer(manifest, FILM)


def test_a_film_with_a_fingerprint_of_samples_travels(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, film: Path, tmp_path: Path
) -> None:
    """The stage compares it with samples of the content, as it does on the user's machine."""
    manifest = demux(job, film, sampled_fingerprint(film))
    user.offer(manifest, FILM)
    fetch(machine, manifest, tmp_path, local)


def test_a_request_without_a_log_has_none(
    user: Exchange, machine: Exchange, local: LocalFiles, job: Path, film: Path, tmp_path: Path, url
) -> None:
    manifest = replace(demux(job, film), log=None)
    user.offer(manifest, FILM)
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        machine.offer_log(own, FILM)
        machine.offer_log(replace(own, log="logs/none.log"), FILM)
    assert len(stored(url)) == 1
    user.collect_log(manifest, FILM)
    user.collect_log(replace(manifest, log="logs/demux.log"), FILM)
    assert (job / "logs" / "demux.log").read_text() == "of an earlier call\n"


def test_a_film_that_has_ended_leaves_nothing(
    user: Exchange, job: Path, film: Path, url: str
) -> None:
    manifest = demux(job, film)
    for number in (1, 12):
        user.offer(manifest, number)
    user.forget(1)
    assert {path.partition("/")[0] for path in stored(url)} == {"12"}
    user.forget(1)
    user.offer(manifest, 1)
    assert {path.partition("/")[0] for path in stored(url)} == {"1", "12"}, "it is sent again"


def test_a_run_leaves_nothing_and_no_other_run_s_files_go(
    user: Exchange, job: Path, film: Path, url: str
) -> None:
    other = Exchange(f"{url}-2")
    for each in (user, other):
        each.offer(demux(job, film), FILM)
    user.remove()
    user.remove()
    assert not stored(url)
    assert len(stored(f"{url}-2")) == 1


def test_a_folder_on_a_network_disk_is_a_storage(
    job: Path, film: Path, local: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "nfs").mkdir()
    url = f"file://{tmp_path}/nfs/run"
    user, machine = Exchange(url), Exchange(url)
    user.check()
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    fetch(machine, manifest, tmp_path, local)
    user.remove()
    assert not list((tmp_path / "nfs").iterdir())


def test_a_storage_that_can_be_used_is_left_as_it_was(user: Exchange, url: str) -> None:
    user.check()
    assert not stored(url)


def test_a_storage_that_keeps_something_else_is_noticed_before_any_film(
    user: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user._storage, "cat_file", lambda _: b"a page that asks for a password")
    with pytest.raises(OSError, match="has another content than was written"):
        user.check()


class BrokenStorage:
    """A storage that fails as its library likes; none of it is an error of the system."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> object:
        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail


@pytest.mark.parametrize(
    ("error", "text"),
    [(RuntimeError("AccessDenied: no such key"), "AccessDenied"), (KeyError(), "KeyError")],
)
def test_whatever_a_storage_raises_is_an_error_of_the_system(
    user: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    error: Exception,
    text: str,
) -> None:
    manifest = demux(job, film)
    result = result_of(manifest)
    user._storage = BrokenStorage(error)

    def fetched() -> None:
        with user.fetched(manifest, FILM, tmp_path / "there", local):
            pass

    for use in (
        user.check,
        lambda: user.offer(manifest, FILM),
        lambda: user.collect(manifest, result, FILM),
        lambda: user.collect_log(manifest, FILM),
        lambda: user.offer_result(manifest, result, FILM),
        lambda: user.offer_log(manifest, FILM),
        lambda: user.forget(FILM),
        user.remove,
        fetched,
    ):
        with pytest.raises(OSError, match=rf"in the exchange: .*{text}"):
            use()


def test_a_file_that_is_not_in_the_storage_is_named(
    machine: Exchange, local: LocalFiles, job: Path, film: Path, tmp_path: Path
) -> None:
    manifest = demux(job, film)
    with (
        pytest.raises(OSError, match=manifest.request.source.fingerprint),
        machine.fetched(manifest, FILM, tmp_path / "there", local),
    ):
        pass
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("url", ["moon://bucket/folder", "http+moon://x"])
def test_an_unknown_kind_of_storage_is_a_usage_error(url: str) -> None:
    with pytest.raises(IndicsubsError, match="Give a folder such as s3://") as refused:
        Exchange(url)
    assert refused.value.code is FailureCode.USAGE
    assert refused.value.message.startswith(f"--exchange {url}: ")


# --- the files that a machine keeps ---


def keep(local: LocalFiles, name: str, size: int, age_s: float) -> Path:
    part = local.new_part(name)
    part.write_bytes(bytes(size))
    local.add(name, part)
    path = local.path(name)
    at = path.stat().st_mtime - age_s
    os.utime(path, (at, at))
    return path


def test_the_least_recently_used_files_make_room(tmp_path: Path) -> None:
    local = LocalFiles(tmp_path / "kept", most_bytes=100)
    local.make_room(1000)
    oldest, old, new = (keep(local, n, 40, age) for n, age in (("a", 30), ("b", 20), ("c", 10)))
    local.make_room(0)
    assert not oldest.exists()
    assert old.exists()
    local.make_room(20)
    assert old.exists(), "that is enough"
    local.make_room(21)
    assert not old.exists()
    assert new.exists()
    local.make_room(1000)
    assert not new.exists(), "a file larger than all the room is kept alone"


def test_a_file_that_a_job_uses_stays_for_it(
    user: Exchange, machine: Exchange, job: Path, film: Path, tmp_path: Path
) -> None:
    local = LocalFiles(tmp_path / "kept", most_bytes=5)
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    with machine.fetched(manifest, FILM, tmp_path / "there", local) as own:
        local.make_room(100)
        assert not list((tmp_path / "kept").iterdir())
        assert Path(own.request.source.path).read_bytes() == b"pictures and sound"


def test_a_file_that_was_used_just_now_is_not_the_first_to_go(
    user: Exchange, machine: Exchange, job: Path, film: Path, tmp_path: Path
) -> None:
    local = LocalFiles(tmp_path / "kept", most_bytes=60)
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    fetch(machine, manifest, tmp_path, local)
    kept = local.path(manifest.request.source.fingerprint)
    os.utime(kept, (1, 1))
    other = keep(local, "other", 40, 1000)
    fetch(machine, manifest, tmp_path, local)
    local.make_room(30)
    assert kept.exists()
    assert not other.exists()


def test_processes_of_a_machine_remove_files_under_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = LocalFiles(tmp_path / "kept", most_bytes=50)
    gone, kept = keep(local, "a", 40, 20), keep(local, "b", 40, 10)
    stat = Path.stat

    def removing(path: Path, **how: bool) -> os.stat_result:
        if path == gone:
            path.unlink(missing_ok=True)
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", removing)
    local.make_room(0)
    assert [path.name for path in kept.parent.iterdir()] == ["b"]


def test_a_part_of_a_file_is_never_taken_for_it(
    user: Exchange,
    machine: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)

    def stops_half_way(key: str, path: str) -> None:
        Path(path).write_bytes(b"pict")
        raise ConnectionResetError("by peer")

    with monkeypatch.context() as broken:
        broken.setattr(machine._storage, "get_file", stops_half_way)
        with (
            pytest.raises(OSError, match="by peer"),
            machine.fetched(manifest, FILM, tmp_path / "there", local),
        ):
            pass
    assert not list((tmp_path / "kept").iterdir())
    fetch(machine, manifest, tmp_path, local)


def test_a_kept_file_that_disappears_at_the_last_moment_is_fetched_again(
    user: Exchange,
    machine: Exchange,
    local: LocalFiles,
    job: Path,
    film: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = demux(job, film)
    user.offer(manifest, FILM)
    add, added = local.add, []

    def removed_once(name: str, part: Path) -> None:
        add(name, part)
        added.append(name)
        if len(added) == 1:
            local.path(name).unlink()

    monkeypatch.setattr(local, "add", removed_once)
    fetch(machine, manifest, tmp_path, local)
    assert len(added) == 2


def test_artifacts_of_other_jobs_with_the_same_content_are_shared(
    machine: Exchange, local: LocalFiles, user: Exchange, job: Path, tmp_path: Path
) -> None:
    manifest = asr_manifest(job)
    user.offer(manifest, FILM)
    user.offer(manifest, FILM + 1)
    for number in (FILM, FILM + 1):
        with machine.fetched(manifest, number, tmp_path / "there", local):
            pass
    names = {part.sha256 for part in (manifest.request.audio, manifest.request.speech)}
    assert {path.name for path in (tmp_path / "kept").iterdir()} == names
