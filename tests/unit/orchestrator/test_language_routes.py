"""The models for segments in another language, and the treatment of quarantined segments."""

from dataclasses import replace
from pathlib import Path

import fake_workspace
import pytest

from indicsubs.jobs.job_folders import find_job
from indicsubs.jobs.profile_choices import doubtful_of
from indicsubs.jobs.specification import Edits
from indicsubs.machine.profiles import PROFILES
from indicsubs.machine.workspace import Workspace
from indicsubs.run.language_routes import language_routes
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import LoadTranscriptResult
from indicsubs_contract.messages.subtitles import EditedSubtitles, SubtitleRequest
from indicsubs_contract.messages.translation import (
    LanguageRoute,
    TranslationRequest,
    TranslationResult,
)
from indicsubs_contract.stages import StageName

FILE = Artifact(path="f", kind="transcript", sha256="0", bytes=1)
IN_ENGLISH, FROM_ENGLISH, DIRECT = (
    f"demo/translator-{family}" for family in ("indic-en", "en-indic", "indic-indic")
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(root=tmp_path, jobs=tmp_path / "out")


def state(workspace: Workspace, *present: str, **options: object) -> RunState:
    """A run with a Hindi film that has English and Urdu segments."""
    for name in present:
        fake_workspace.make_model(workspace.root, name)
    loaded = LoadTranscriptResult(
        transcript=FILE, language="hi", segments=3, other_languages=("en", "ur")
    )
    return RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, **options),
        placement=fake_workspace.CPU,
        results={
            StageName.LOAD_TRANSCRIPT: loaded,
            StageName.INDICTRANS2_TRANSLATION: TranslationResult(translations=()),
        },
    )


def named(routes: tuple[LanguageRoute, ...]) -> dict[str, tuple[str | None, str | None]]:
    """The models into English and into the target of each route."""
    return {
        route.source: (
            route.pivot.name if route.pivot else None,
            route.model.name if route.model else None,
        )
        for route in routes
    }


def translation(state: RunState) -> TranslationRequest:
    request = build_request(StageName.INDICTRANS2_TRANSLATION, state)
    assert isinstance(request, TranslationRequest)
    return request


def test_english_sentences_of_a_hindi_film_have_a_model_of_their_own(workspace: Workspace) -> None:
    film = state(workspace, IN_ENGLISH, FROM_ENGLISH, DIRECT, targets=("en", "ta", "hi-Latn"))
    english, tamil, hindi = translation(film).targets
    assert "en" not in named(english.routes), "an English sentence is copied"
    assert named(tamil.routes)["en"] == (None, FROM_ENGLISH)
    assert named(hindi.routes)["en"] == (None, FROM_ENGLISH)
    assert hindi.model is None
    assert set(translation(film).languages) == {"hi", "en", "ur", "ta"}


def test_a_pair_that_the_profile_does_not_know_is_no_failure(workspace: Workspace) -> None:
    (tamil,) = translation(state(workspace, DIRECT, targets=("ta",))).targets
    english, urdu = tamil.routes
    assert (english.model, urdu.model) == (None, None)
    assert "The demo models are not expanded yet. Run: just setup" in (english.unavailable or "")
    assert "Profile demo does not translate Urdu into Tamil" in (urdu.unavailable or "")


def test_the_command_that_fetches_an_absent_model_is_in_the_request(workspace: Workspace) -> None:
    fast = state(workspace, targets=("ta",), profile="fast", pivot="never")
    (english,) = language_routes(fast, "hi", ("en",), "ta")
    assert english.model is None
    assert "just models fetch ai4bharat/indictrans2-en-indic-dist-200M" in (
        english.unavailable or ""
    )


def test_a_language_that_the_engine_does_not_know_is_no_failure(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = state(workspace, DIRECT, targets=("ta",))
    known = film.placement.translator.row.languages
    monkeypatch.delitem(known, "ur")
    (urdu,) = language_routes(film, "hi", ("ur",), "ta")
    assert "does not know Urdu" in (urdu.unavailable or "")


def test_a_named_model_translates_the_languages_of_its_own_family(workspace: Workspace) -> None:
    mine = str(workspace.models / DIRECT)
    film = state(workspace, DIRECT, FROM_ENGLISH, targets=("ta", "hi"), translation_model=mine)
    tamil, hindi = translation(film).targets
    assert named(tamil.routes) == {"en": (None, FROM_ENGLISH), "ur": (None, mine)}
    assert named(hindi.routes)["en"] == (None, FROM_ENGLISH)


def test_another_language_goes_through_english_where_the_film_does(workspace: Workspace) -> None:
    film = state(workspace, IN_ENGLISH, FROM_ENGLISH, targets=("ta",), pivot="always")
    assert named(language_routes(film, "ur", ("hi", "ur", "ta"), "ta")) == {
        "hi": (IN_ENGLISH, FROM_ENGLISH)
    }
    (tamil,) = translation(film).targets
    assert named(tamil.routes)["en"] == (None, FROM_ENGLISH)


def test_other_failures_are_not_hidden(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndicsubsError(FailureCode.UNREACHABLE, "The disk is gone.")

    monkeypatch.setattr(RunState, "model", fail)
    with pytest.raises(IndicsubsError, match="disk is gone"):
        language_routes(state(workspace), "hi", ("en",), "ta")


@pytest.mark.parametrize(
    ("profile", "option", "expected"),
    [
        ("best", "auto", "leave_out"),
        ("fast", "auto", "show"),
        ("demo", "auto", "show"),
        ("best", "show", "show"),
        ("fast", "leave-out", "leave_out"),
    ],
)
def test_the_profile_or_the_user_decides_about_quarantined_segments(
    workspace: Workspace, profile: str, option: str, expected: str
) -> None:
    assert profile in PROFILES
    film = state(workspace, profile=profile, doubtful=option, targets=("hi",))
    assert doubtful_of(film.spec) == expected
    subtitles = build_request(StageName.SUBTITLE_GENERATION, film)
    assert isinstance(subtitles, SubtitleRequest)
    assert subtitles.doubtful == expected
    assert translation(film).doubtful == expected


@pytest.mark.parametrize("option", ["auto", "leave-out", "show"])
def test_the_option_is_kept_in_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    workspace = fake_workspace.for_commands(tmp_path, monkeypatch)
    arguments = ("film.mp4", "--profile", "demo", "-s", "hi", "--doubtful", option)
    assert fake_workspace.indicsubs("prepare", *arguments) == ExitStatus.DONE
    assert find_job(workspace, "last").spec.doubtful == option


def test_forced_subtitles_have_only_the_lines_in_other_languages(workspace: Workspace) -> None:
    film = state(workspace, IN_ENGLISH, FROM_ENGLISH, DIRECT, targets=("en",), purpose="forced")
    assert translation(film).targets
    request = build_request(StageName.SUBTITLE_GENERATION, film)
    assert isinstance(request, SubtitleRequest)
    assert request.only_other_languages
    full = state(workspace, targets=("en",))
    assert not build_request(StageName.SUBTITLE_GENERATION, full).only_other_languages


def test_forced_subtitles_without_such_lines_are_refused_unless_a_person_chose_lines(
    workspace: Workspace,
) -> None:
    film = state(workspace, IN_ENGLISH, targets=("en",), purpose="forced")
    alone = LoadTranscriptResult(transcript=FILE, language="hi", segments=3)
    film = replace(film, results={StageName.LOAD_TRANSCRIPT: alone})
    with pytest.raises(IndicsubsError, match=r"all lines are in Hindi.*--purpose full") as caught:
        translation(film)
    assert caught.value.code is FailureCode.BAD_INPUT
    edits = Edits(subtitles=(EditedSubtitles(subtitles=FILE),))
    assert translation(replace(film, edits=edits)).targets
