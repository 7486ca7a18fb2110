"""Published error rates, and the recognisers that profiles take for each language."""

import pytest

from indicsubs.machine.error_rates import error_rates, rates_of
from indicsubs.machine.profiles import MODELS, PROFILES, Profile
from indicsubs_contract.engines import engines_for
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import LANGUAGES

USELESS_WER = 60.0
"""More than every second word is wrong."""
FOR_FILMS = [profile for profile in PROFILES.values() if profile.name != "demo"]


def test_every_rate_has_a_language_and_a_source() -> None:
    assert len(error_rates()) > 100
    for rate in error_rates():
        assert rate.language in LANGUAGES
        assert 0 < rate.wer < 200
        assert rate.source
        assert rate.dataset


def test_rates_of_a_model() -> None:
    rates = rates_of("openai/whisper-small", "hi")
    assert {rate.dataset for rate in rates} == {"FLEURS", "Kathbath"}
    assert all(rate.wer > USELESS_WER for rate in rates)
    assert rates_of("openai/whisper-small", "sat") == []


@pytest.mark.parametrize("profile", FOR_FILMS, ids=lambda profile: profile.name)
@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_a_recogniser_that_is_not_known_to_be_useless(
    profile: Profile, tag: str
) -> None:
    family = profile.families[tag]
    rows = [row for row in engines_for(StageName.ASR) if row.family == family]
    assert rows
    for row in rows:
        assert tag in row.languages
        model = MODELS[profile.recognisers[row.layout.name]]
        for rate in rates_of(model.rated_as or model.name, tag):
            assert rate.wer < USELESS_WER, rate


@pytest.mark.parametrize("profile", FOR_FILMS, ids=lambda profile: profile.name)
def test_only_recognisers_with_few_errors_correct_others(profile: Profile) -> None:
    for tag in profile.corrections:
        model = MODELS[profile.recognisers["whisper-ctranslate2"]]
        rates = [
            r.wer for r in rates_of(model.rated_as or model.name, tag) if r.dataset == "FLEURS"
        ]
        assert rates
        assert max(rates) < 25, "as docs/models.md says"


def test_every_network_that_a_model_is_rated_as_has_rates() -> None:
    rated = {rate.model for rate in error_rates()}
    assert {model.rated_as for model in MODELS.values() if model.rated_as} <= rated
