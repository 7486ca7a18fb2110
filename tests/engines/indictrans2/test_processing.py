"""IndicTransToolkit's processor and its traps."""

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2.processing import Processing


def there_and_back(texts: list[str], code: str) -> list[str]:
    """What a perfect copying model would give."""
    processing = Processing(code, code)
    return processing.finish(processing.prepare(texts))


@pytest.mark.parametrize("code", ["hindi", "", "hin-Deva", "xxx_Yyyy", "eng_Latn_"])
def test_a_wrong_code_is_an_error_and_no_crash(code: str) -> None:
    for pair in ((code, "eng_Latn"), ("eng_Latn", code)):
        with pytest.raises(IndicsubsError, match="FLORES") as caught:
            Processing(*pair)
        assert caught.value.code is FailureCode.BAD_INPUT


def test_each_text_gets_its_own_placeholders_back() -> None:
    texts = [f"मैं {n}0:30 बजे {n}4.50 रुपये लाऊँगा।" for n in range(1, 9)]
    found = there_and_back(texts, "hin_Deva")
    assert [f"{n}0:30" in text and f"{n}4.50" in text for n, text in enumerate(found, 1)] == [
        True
    ] * 8


def test_halves_that_do_not_match_are_refused_rather_than_hang() -> None:
    processing = Processing("hin_Deva", "eng_Latn")
    processing.prepare(["एक", "दो"])
    with pytest.raises(RuntimeError, match="1 translations for 2 texts"):
        processing.finish(["one"])
    with pytest.raises(RuntimeError, match="is prepared and not finished"):
        processing.prepare(["तीन"])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("hin_Deva", "नियम 5: रुको"),
        ("hin_Deva", "A:B"),
        ("hin_Deva", "10:30:45: रुको"),
        ("mal_Mlym", "നിയമം 5: വരൂ"),
        ("tam_Taml", "விதி 5: வா"),
        ("sat_Olck", "ᱚᱞ 5: ᱚᱞ"),
    ],
)
def test_nothing_before_a_colon_is_eaten(code: str, text: str) -> None:
    (found,) = there_and_back([text], code)
    assert "\\1" not in found
    assert found.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("code", "digits"), [("tam_Taml", "௧௨௩"), ("mal_Mlym", "൧൨൩"), ("tel_Telu", "౧౦౩")]
)
def test_digits_of_every_script_reach_the_model(code: str, digits: str) -> None:
    (prepared,) = Processing(code, "eng_Latn").prepare([f"{digits} "])
    assert prepared in {"123", "103"}
