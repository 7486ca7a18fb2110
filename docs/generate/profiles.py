"""The rule profiles, with the unit and the source of every number."""

from collections.abc import Iterable, Mapping

from docs.generate.docstrings import field_description
from docs.generate.markdown import code, from_docstring, table
from docs.generate.usual_fields import USUAL
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.rule_profiles import BUNDLED, RuleProfile, RuleValue, load_profile
from indicsubs_text.rules import UNITS


def rules() -> str:
    """Returns the table of the rules: name, unit, meaning."""
    rows = [
        (
            code(name),
            UNITS[name] or "-",
            from_docstring(field_description(Rules, name) or USUAL[name]).replace("None", "`none`"),
        )
        for name in UNITS
    ]
    return table(("rule", "unit", "what it is"), rows)


def reading_speeds() -> str:
    """Returns the table of the reading speeds of every profile."""
    rows: list[tuple[str, ...]] = []
    for profile in _profiles():
        own = [f"{find_language(tag).name} {_speed(profile, tag)}" for tag in profile.tags()]
        others = next(tag for tag in LANGUAGES if tag not in profile.tags())
        rows.append((code(profile.name), _speed(profile, others), ", ".join(own) or "-"))
    return table(("profile", "in general", "languages with a number of their own"), rows)


def rule_profiles() -> str:
    """Returns a section for each profile, with the numbers that it sets itself."""
    return "\n".join(map(_profile, _profiles()))


def sources() -> str:
    """Returns the table of the sources of the numbers."""
    found = {key: source for profile in _profiles() for key, source in profile.sources.items()}
    rows: list[tuple[str, str, str]] = []
    for key, source in found.items():
        is_page = source.url.startswith("https://")
        title = f"[{source.title}]({source.url})" if is_page else source.title
        rows.append((key, title, str(source.retrieved or "-")))
    return table(("name", "source", "retrieved"), rows)


def _profiles() -> list[RuleProfile]:
    return [load_profile(name) for name in BUNDLED]


def _speed(profile: RuleProfile, tag: str) -> str:
    rules = profile.rules_for(tag)
    if rules.characters_per_second is not None:
        return f"{rules.characters_per_second:g}"
    return f"{rules.words_per_minute:g} words" if rules.words_per_minute else "no limit"


def _profile(profile: RuleProfile) -> str:
    own = profile.layers[-1]
    rows = [
        *_numbers("all", own.rules),
        *(row for tag, numbers in own.languages.items() for row in _numbers(tag, numbers)),
    ]
    below = [layer.file.removesuffix(".toml") for layer in profile.layers[-2:-1]]
    extends = f" Extends `{below[0]}`." if below else ""
    return f"## {profile.name}\n\n{profile.title}.{extends}\n\n" + table(
        ("rule", "language", "value", "unit", "source", "remark"), rows
    )


def _numbers(tag: str, numbers: Mapping[str, RuleValue]) -> Iterable[tuple[str, ...]]:
    for name, number in numbers.items():
        value = "none" if number.value is None else str(number.value)
        remarks = ("secondary" if number.secondary else "", number.note)
        yield (
            code(name),
            "all" if tag == "all" else find_language(tag).name,
            code(value),
            number.unit or "-",
            number.source,
            "; ".join(filter(None, remarks)),
        )
