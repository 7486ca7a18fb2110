"""Profiles and models: a consistent table, and models found or named."""

import errno
from fnmatch import fnmatch
from pathlib import Path

import msgspec
import pytest
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from requests import Response

from indicsubs.machine import models
from indicsubs.machine.hardware import choose_placement
from indicsubs.machine.hub_access import check_access
from indicsubs.machine.model_choice import models_of
from indicsubs.machine.models import (
    fetch,
    is_complete,
    is_fetched,
    is_present,
    layout_of,
    locate,
    missing_models,
)
from indicsubs.machine.profiles import (
    MODELS,
    PROFILES,
    Profile,
    ProfileName,
    direction,
    recogniser_name,
    translator_name,
)
from indicsubs_contract.engines import ENGINES, WAV2VEC2_CTC, engines_for
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_contract.whisper_layouts import (
    WHISPER_CTRANSLATE2,
    WHISPER_MLX,
    WHISPER_TRANSFORMERS,
)
from indicsubs_processes.hardware import Hardware
from indicsubs_processes.model_fingerprint import model_fingerprint

TORCH = ENGINES["torch"]
INT8 = "indicsubs/indic-conformer-600m-multilingual-int8"


@pytest.mark.parametrize("name", ["fast", "best"])
def test_the_profiles_for_films_have_a_model_for_every_engine(name: ProfileName) -> None:
    profile = PROFILES[name]
    for engine in engines_for(StageName.ASR):
        assert engine.layout.name in profile.recognisers
    for engine in engines_for(StageName.INDICTRANS2_TRANSLATION):
        assert engine.layout.name in profile.translators


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_a_model_of_a_profile_has_the_layout_that_it_is_named_for(profile: Profile) -> None:
    for layout, name in profile.recognisers.items():
        assert MODELS[name].layout.name == layout
    for layout, names in profile.translators.items():
        assert {MODELS[name].layout.name for name in names.values()} == {layout}
    for name in profile.aligners.values():
        assert MODELS[name].layout == WAV2VEC2_CTC


def test_every_model_of_the_table_is_used() -> None:
    used = {
        name
        for p in PROFILES.values()
        for names in (p.recognisers, p.aligners, *p.translators.values())
        for name in names.values()
    }
    assert used == set(MODELS)


def test_an_engine_that_a_profile_has_no_model_for_is_named() -> None:
    other = msgspec.structs.replace(WHISPER_MLX, name="other", description="a model of its own")
    engine = msgspec.structs.replace(ENGINES["mlx"], layout=other)
    with pytest.raises(IndicsubsError, match=r"fast has no model for MLX.*own with --asr-model"):
        recogniser_name(PROFILES["fast"], engine)
    with pytest.raises(IndicsubsError, match="with --translation-model"):
        translator_name(PROFILES["fast"], engine, "hi", "en")


@pytest.mark.parametrize(
    ("source", "target", "family"),
    [("hi", "en", "indic-en"), ("en", "hi", "en-indic"), ("hi", "ta", "indic-indic")],
)
def test_a_pair_of_languages_has_a_family(source: str, target: str, family: str) -> None:
    assert direction(source, target) == family
    assert family in translator_name(PROFILES["best"], TORCH, source, target)


def test_the_demo_says_what_it_does_not_know() -> None:
    with pytest.raises(IndicsubsError, match=r"does not translate Hindi into Bengali.*--profile"):
        translator_name(PROFILES["demo"], TORCH, "hi", "bn")
    with pytest.raises(IndicsubsError, match="Tamil into English; it knows Hindi to English, "):
        translator_name(PROFILES["demo"], TORCH, "ta", "en")


@pytest.mark.parametrize(
    ("source", "target", "name"),
    [
        ("hi", "en", "demo/translator-indic-en"),
        ("hi", "ta", "demo/translator-indic-indic"),
        ("en", "hi", "demo/translator-en-indic"),
        ("en", "ta", "demo/translator-en-indic"),
    ],
)
def test_the_demo_knows_its_three_languages(source: str, target: str, name: str) -> None:
    assert translator_name(PROFILES["demo"], TORCH, source, target) == name


def test_a_folder_of_the_user_s_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("")
    (tmp_path / "tokenizer.json").write_text("{}")
    found = locate(str(tmp_path), (WHISPER_CTRANSLATE2,), tmp_path / "models")
    assert found.folder == str(tmp_path)
    assert found.fingerprint == model_fingerprint(tmp_path)


def test_a_model_in_the_hub_s_cache_is_found_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "models--Systran--faster-whisper-small"
    snapshot = cache / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (snapshot / name).write_bytes(b"weights")
    found = models.snapshot_download
    monkeypatch.setattr(
        models, "snapshot_download", lambda name, **k: found(name, cache_dir=tmp_path, **k)
    )
    assert locate("Systran/faster-whisper-small", (WHISPER_CTRANSLATE2,), tmp_path).folder == str(
        snapshot
    )
    assert is_present("Systran/faster-whisper-small", tmp_path)
    assert not is_present("Systran/faster-whisper-large-v2", tmp_path)


def test_a_folder_of_another_layout_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(
        IndicsubsError, match=r"lacks vocab.json, model.safetensors.*Wav2Vec2ForCTC"
    ):
        locate(str(tmp_path), (WAV2VEC2_CTC,), tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("demo/aligner-hi", "Run: just setup"),
        ("somebody/no-such-model", "just models fetch somebody/no-such-model"),
        ("ai4bharat/indictrans2-indic-en-1B", "needs a token"),
        ("/no/such/folder", "neither a folder nor"),
    ],
)
def test_a_missing_model_comes_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    found = models.snapshot_download
    monkeypatch.setattr(
        models, "snapshot_download", lambda name, **k: found(name, cache_dir=tmp_path, **k)
    )
    with pytest.raises(IndicsubsError) as missing:
        locate(name, (WHISPER_CTRANSLATE2,), tmp_path)
    assert words in missing.value.message


# --- a fine-tuned Whisper in transformers' layout ------------------------------------------------


def write_files(folder: Path, *names: str, model_type: str = "whisper") -> Path:
    """Writes a model's folder with these files, which are empty, and its ``config.json``."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    (folder / "config.json").write_text(f'{{"model_type": "{model_type}", "d_model": 8}}')
    return folder


@pytest.mark.parametrize("engine", ["whisperx", "mlx"])
@pytest.mark.parametrize(
    "names",
    [
        ("model.safetensors", "tokenizer.json"),
        ("pytorch_model.bin", "vocab.json", "merges.txt", "added_tokens.json"),
    ],
)
def test_both_whisper_engines_take_transformers_layout(
    tmp_path: Path, engine: str, names: tuple[str, ...]
) -> None:
    folder = write_files(tmp_path / "tuned", *names)
    found = locate(str(folder), ENGINES[engine].layouts, tmp_path)
    assert found.folder == str(folder)
    assert layout_of(str(folder), ENGINES[engine].layouts, tmp_path) == WHISPER_TRANSFORMERS


def test_an_engine_s_own_layout_comes_first(tmp_path: Path) -> None:
    own = write_files(tmp_path / "own", "model.bin", "model.safetensors", "tokenizer.json")
    assert layout_of(str(own), ENGINES["whisperx"].layouts, tmp_path) == WHISPER_CTRANSLATE2


@pytest.mark.parametrize(
    ("engine", "names", "model_type", "words"),
    [
        ("whisperx", ("model.safetensors",), "whisper", r"lacks tokenizer\.json \("),
        ("whisperx", ("vocab.json", "merges.txt"), "whisper", r"lacks model\.safetensors \("),
        ("whisperx", (), "whisper", r"lacks tokenizer\.json, model\.bin"),
        (
            "mlx",
            ("model.safetensors", "vocab.json"),
            "wav2vec2",
            r"has the model type wav2vec2 in config\.json, not whisper",
        ),
        ("mlx", ("model.safetensors", "vocab.json"), "", "has the model type none"),
        ("wav2vec2", ("model.safetensors", "tokenizer.json"), "whisper", "lacks vocab.json"),
        (
            "indicconformer",
            ("model.safetensors", "tokenizer.json"),
            "whisper",
            "must be an IndicConformer model",
        ),
    ],
)
def test_other_folders_are_refused(
    tmp_path: Path, engine: str, names: tuple[str, ...], model_type: str, words: str
) -> None:
    folder = write_files(tmp_path / "tuned", *names, model_type=model_type)
    with pytest.raises(IndicsubsError, match=words) as error:
        locate(str(folder), ENGINES[engine].layouts, tmp_path)
    for layout in ENGINES[engine].layouts:
        assert layout.description in error.value.message


def test_a_damaged_configuration_is_refused(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "tuned", "model.safetensors", "tokenizer.json")
    for content in (b"{", b"\xff\xfe", b"[]"):
        (folder / "config.json").write_bytes(content)
        with pytest.raises(IndicsubsError, match="has the model type none"):
            locate(str(folder), ENGINES["mlx"].layouts, tmp_path)


def test_a_part_of_the_weights_is_missing(tmp_path: Path) -> None:
    index = "model.safetensors.index.json"
    folder = write_files(tmp_path / "tuned", index, "tokenizer.json", "one.safetensors")
    parts = {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}
    (folder / index).write_bytes(msgspec.json.encode({"weight_map": parts}))
    with pytest.raises(IndicsubsError, match=r"lacks two\.safetensors \("):
        locate(str(folder), ENGINES["mlx"].layouts, tmp_path)
    (folder / "two.safetensors").touch()
    assert locate(str(folder), ENGINES["mlx"].layouts, tmp_path).folder == str(folder)


REPOSITORY = (
    *("config.json", "generation_config.json", "preprocessor_config.json", "vocab.json"),
    *("merges.txt", "added_tokens.json", "modeling.py", "training_args.pt", "flax_model.msgpack"),
    *("pytorch_model.bin", "checkpoint-500/pytorch_model.bin", "checkpoint-500/optimizer.bin"),
    "runs/events.out",
)
NEEDED = {"config.json", "generation_config.json", "preprocessor_config.json", "vocab.json"} | {
    *("merges.txt", "added_tokens.json")
}


@pytest.mark.parametrize(
    ("others", "weights"),
    [
        ((), {"pytorch_model.bin"}),
        (("model.safetensors", "model.fp32-00001-of-00002.safetensors"), {"model.safetensors"}),
        (("model.bin",), {"model.bin"}),
    ],
)
def test_a_fetch_brings_the_weights_once_and_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: tuple[str, ...], weights: set[str]
) -> None:
    target = tmp_path / "snapshot"

    def download(name: str, ignore_patterns: list[str]) -> str:
        """As the hub's library: a pattern also matches below folders."""
        for file in (*REPOSITORY, *others):
            if not any(fnmatch(file, pattern) for pattern in ignore_patterns):
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                (target / file).touch()
        return str(target)

    monkeypatch.setattr(models, "snapshot_download", download)
    assert fetch("somebody/whisper-hindi", tmp_path, lambda *_: None) == target
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert found == NEEDED | weights


def test_a_model_that_is_made_from_another_is_made_where_local_models_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official, small = "ai4bharat/indic-conformer-600m-multilingual", INT8
    calls: list[tuple[str, dict[str, object]]] = []

    def download(name: str, **options: object) -> str:
        calls.append((name, options))
        return str(tmp_path / "hub")

    monkeypatch.setattr(models, "snapshot_download", download)
    made: list[tuple[str, Path, Path]] = []
    target = fetch(small, tmp_path / "models", lambda *made_of: made.append(made_of))
    assert made == [(small, tmp_path / "hub", tmp_path / "models" / small)]
    assert target == tmp_path / "models" / small
    ((name, options),) = calls
    assert name == official
    assert options["allow_patterns"] == ["config.json", "assets/*"]
    assert {"*.py", "*.ts"} <= set(options["ignore_patterns"]), "code is not fetched"


def test_a_local_model_is_found_in_the_folder_of_local_models(tmp_path: Path) -> None:
    assert not is_present(INT8, tmp_path)
    (tmp_path / INT8).mkdir(parents=True)
    assert is_present(INT8, tmp_path)


# --- fetching what some languages need, and checking access first ---------------------------------

CPU = choose_placement(Hardware(system="Linux", machine="x86_64", cores=2, memory_mib=8000))


def test_a_profile_s_models_for_some_languages_are_a_part_of_all() -> None:
    every = models_of(PROFILES["fast"], CPU)
    some = models_of(PROFILES["fast"], CPU, ("hi", "ta"))
    assert set(some) < set(every)
    assert set(PROFILES["fast"].aligners.values()) < set(every)
    assert [name for name in some if name in PROFILES["fast"].aligners.values()] == [
        PROFILES["fast"].aligners["hi"]
    ]
    assert {INT8, "Systran/faster-whisper-small"} <= set(some)
    assert {name for name in some if "indictrans2" in name} == {
        "ai4bharat/indictrans2-indic-en-dist-200M",
        "ai4bharat/indictrans2-indic-indic-dist-320M",
    }
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    ("languages", "directions"),
    [
        (("hi",), {"indic-en"}),
        (("en",), set()),
        (("en", "hi"), {"indic-en", "en-indic"}),
        (("hi-Latn", "ta"), {"indic-en", "indic-indic"}),
    ],
)
def test_languages_decide_the_directions_of_translation(
    languages: tuple[str, ...], directions: set[str]
) -> None:
    models = PROFILES["best"].translators["indictrans2"]
    found = models_of(PROFILES["best"], CPU, languages)
    assert {key for key, name in models.items() if name in found} == directions


def test_a_language_without_an_aligner_gets_the_network_that_aligns_it() -> None:
    assert INT8 in models_of(PROFILES["fast"], CPU, ("ta",))
    assert INT8 not in models_of(PROFILES["fast"], CPU, ("en",))


def test_one_message_lists_all_missing_models_with_one_command() -> None:
    names = ["Systran/faster-whisper-small", INT8, "someone/model"]
    message = missing_models(names).message
    assert f"just models fetch {' '.join(names)} " in message
    assert "about 1.2 GB" in message
    assert f"A token is needed for {INT8}: see README" in message
    assert "GB" not in missing_models(["a/b", "c/d"]).message


GATED = "ai4bharat/indictrans2-indic-en-dist-200M"


def answer(
    monkeypatch: pytest.MonkeyPatch, *, token: str | None, error: OSError | None
) -> list[str]:
    """Lets the hub answer every question for access with an error; None grants it."""
    asked: list[str] = []

    def auth_check(_: object, repository: str) -> None:
        asked.append(repository)
        if error is not None:
            raise error

    monkeypatch.setattr("indicsubs.machine.hub_access.HfApi.auth_check", auth_check)
    monkeypatch.setattr("indicsubs.machine.hub_access.get_token", lambda: token)
    return asked


def test_access_that_is_granted_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, token="hf_x", error=None)
    check_access([GATED, INT8])
    assert asked == [GATED, "ai4bharat/indic-conformer-600m-multilingual"], "what INT8 is made from"
    check_access([])


@pytest.mark.parametrize(
    ("token", "error", "status", "words"),
    [
        (
            None,
            HfHubHTTPError("401", response=Response()),
            69,
            "There is no token, and one is needed",
        ),
        ("hf_x", HfHubHTTPError("403", response=Response()), 69, "The hub refused ai4bharat/"),
        (None, ConnectionError("no route"), 75, "There is no network, or the model hub cannot"),
        ("hf_x", LocalEntryNotFoundError("no route"), 75, "There is no network"),
        ("hf_x", TimeoutError("late"), 75, "There is no network"),
    ],
)
def test_access_is_refused_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, token: str | None, error: OSError, status: int, words: str
) -> None:
    asked = answer(monkeypatch, token=token, error=error)
    with pytest.raises(IndicsubsError) as refused:
        check_access([GATED, INT8])
    assert words in refused.value.message
    assert refused.value.status == status
    if status == 69:
        assert len(asked) == 2
        assert all(name in refused.value.message for name in asked), "one message names them all"
        assert "Nothing was fetched yet" in refused.value.message
    elif token is None:
        assert "also needs a token" in refused.value.message


def test_a_full_disk_is_not_called_a_missing_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(models, "snapshot_download", full)
    with pytest.raises(
        IndicsubsError, match=r"cannot be saved in .*No space left.*goes on"
    ) as error:
        fetch("someone/model", tmp_path, lambda *_: None)
    assert error.value.status == 74


def test_an_offline_switch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indicsubs.machine.hub_access.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(IndicsubsError, match="HF_HUB_OFFLINE is set"):
        fetch("someone/model", tmp_path, lambda *_: None)


def test_an_interrupted_fetch_is_not_a_model(tmp_path: Path) -> None:
    name = "demo/aligner-hi"
    folder = tmp_path / name
    folder.mkdir(parents=True)
    assert is_present(name, tmp_path)
    assert not is_fetched(name, tmp_path)
    assert not is_complete(name, (WAV2VEC2_CTC,), tmp_path)
    for file in (*WAV2VEC2_CTC.files, WAV2VEC2_CTC.weights[0]):
        (folder / file).touch()
    assert is_fetched(name, tmp_path)
    assert not is_complete("demo/none", (WAV2VEC2_CTC,), tmp_path)
    assert is_fetched(str(folder), tmp_path), "the layout of a user's folder is not known"


@pytest.mark.parametrize(
    "name", ["a b/c", "~nosuchuser/x", "x" * 5000, "../../x", "a\0/b", "/", ""]
)
def test_a_name_that_no_model_can_have_is_absent(tmp_path: Path, name: str) -> None:
    assert not is_present(name, tmp_path) or Path(name).is_dir()
