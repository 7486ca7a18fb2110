"""Glossaries as people write them, and where their terms go."""

import json
import re
import textwrap
from pathlib import Path

import fake_workspace
import msgspec
import pytest

from indicsubs.cli.job_specs import make_spec
from indicsubs.cli.options import JobOptions
from indicsubs.jobs.glossary_files import read_glossary, read_terms, terms_for, user_glossaries
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import by_content
from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.messages.translation import GlossaryTerm, TranslationRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import decode_manifest

VEERU = GlossaryTerm(source="वीरू", targets={"en": "Veeru", "ta": "வீரு"})
CBI = GlossaryTerm(source="CBI", targets={}, keep=True)

TSV = """\
# The film's names
source	English	tam_Taml	Keep

वीरू	 Veeru 	வீரு
CBI			yes
"""
TOML = """\
[terms]
"वीरू" = { en = "Veeru", Tamil = "வீரு" }
[terms.CBI]
keep = true
"""


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", TSV),
        ("a.TSV", "\ufeff" + TSV.replace("\n", "\r\n")),
        ("a.toml", TOML),
        ("a.tsv", "keep\tsource\ten\tta\n\tवीरू\tVeeru\nno\tवीरू\t\tவீரு\nx\tCBI\n"),
    ],
)
def test_both_formats_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    assert read_terms(put(tmp_path, name, text)) == [VEERU, CBI]


def test_the_manual_s_examples_are_read(tmp_path: Path) -> None:
    manual = (fake_workspace.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    blocks = ["".join(found) for found in re.findall(r"\n\n((?:    .*\n)+)", manual)]
    tsv, toml = (
        textwrap.dedent(block) for block in blocks if "source\t" in block or "[terms]" in block
    )
    terms = read_terms(put(tmp_path, "a.tsv", tsv))
    assert [term.source for term in terms] == ["वीरू", "काली पहाड़ी", "CBI"]
    assert read_terms(put(tmp_path, "a.toml", toml)) == terms


def test_letters_of_one_or_several_characters_and_spaces_are_made_alike(tmp_path: Path) -> None:
    path = put(tmp_path, "a.tsv", "source\ten\n\u095bोया  खान\tZoe\u0301 Khan\n")
    (term,) = read_terms(path)
    assert (term.source, term.targets) == ("ज\u093cोया खान", {"en": "Zoé Khan"})


@pytest.mark.parametrize(
    ("rows", "source", "translation"),
    [
        ('"काली\tपहाड़ी"\t"Black\tHill"\n', "काली पहाड़ी", "Black Hill"),
        ('राम\t"the ""good"" one"\n', "राम", 'the "good" one'),
        ('5"\tfive inches, 5"\n', '5"', 'five inches, 5"'),
        ('राम\t"first line\nsecond line"\n', "राम", "first line second line"),
        ('राम\t"first line\r\n# second"\r\n', "राम", "first line # second"),
        ('"राम"\t"Ram"', "राम", "Ram"),
    ],
    ids=["tab", "doubled", "in the middle", "line break", "CRLF, no comment", "no last line end"],
)
def test_cells_are_quoted_as_spreadsheets_quote_them(
    tmp_path: Path, rows: str, source: str, translation: str
) -> None:
    path = put(tmp_path, "a.tsv", '# "a comment\n"source"\ten\n\n' + rows)
    (term,) = read_terms(path)
    assert (term.source, term.targets) == (source, {"en": translation})


def test_rows_after_a_cell_of_several_lines_keep_their_line_numbers(tmp_path: Path) -> None:
    path = put(tmp_path, "a.tsv", 'source\ten\nराम\t"Ram\n\nRam"\n\tSita\n')
    with pytest.raises(IndicsubsError, match="line 5: the source term is empty"):
        read_terms(path)


HEADER = "source\ten\tta\tkeep\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.tsv", "", "a.tsv: there is no header"),
        ("a.tsv", "term\ten\nराम\tRam\n", "line 1: 'term' is not a language that indicsubs knows"),
        ("a.tsv", "\nen\tta\nRam\tராம்\n", "line 2: no column is called source"),
        ("a.tsv", "source\ten\tEnglish\n", "line 1: there are two columns for en"),
        ("a.tsv", HEADER + "\n\tRam\n", "line 3: the source term is empty"),
        ("a.tsv", HEADER + "राम\t\t\tno\n", "line 2: there is no translation of 'राम'"),
        ("a.tsv", HEADER + "राम\t\t\tमत\n", "line 2: keep is 'मत'; write yes"),
        ("a.tsv", HEADER + "राम\tRam\t\t\tRama\n", "line 2: there are 5 cells under 4 headings"),
        (
            "a.tsv",
            HEADER + "CBI\tCBI\ncbi\tBureau\n",
            "line 3: 'cbi' is 'Bureau' in en here, and 'CBI' earlier in the file",
        ),
        (
            "a.tsv",
            HEADER + 'राम\t"Ram\nसीता\tSita\n',
            "line 2: a cell begins with a quotation mark",
        ),
        ("a.tsv", HEADER + '\nराम\t"Ram" bhai\n', "line 3: a cell begins with a quotation mark"),
        ("a.tsv", TSV.encode("utf-16"), "a.tsv: byte 0 is not UTF-8; save the file as UTF-8"),
        ("a.toml", "[terms]\nराम = 1\n", "a.toml: this is not TOML"),
        ("a.toml", "", "a.toml, terms: there is no table; write [terms]"),
        ("a.toml", TOML + "[term]\n", "a.toml, term: only the table terms is known"),
        ("a.toml", '[terms]\n"राम" = "Ram"\n', "terms.'राम': there is no table; write it as"),
        ("a.toml", '[terms]\na = { keep = "yes" }\n', "terms.'a': keep is 'yes'; write true"),
        ("a.toml", "[terms]\na = { en = 5 }\n", "terms.'a': en is 5; write the translation"),
        ("a.toml", "terms = 5\n", "a.toml, terms: there is no table; write [terms]"),
        ("a.toml", "[terms]\na = { keep = 1 }\n", "terms.'a': keep is 1; write true or false"),
        ("a.toml", "[terms]\na = { en = 2020-01-01 }\n", "terms.'a': en is datetime.date(2020, 1,"),
        ("a.toml", '[terms]\na = { xx = "5" }\n', "terms.'a': 'xx' is not a language"),
        ("a.toml", '[terms]\na = { en = "5", eng = "6" }\n', "there are two translations for en"),
        ("a.toml", '[terms]\n"" = { en = "5" }\n', "the source term is empty"),
        ("a.toml", "[terms]\na = {}\n", "there is no translation of 'a'"),
    ],
)
def test_a_mistake_is_reported_with_its_place(
    tmp_path: Path, name: str, text: str | bytes, words: str
) -> None:
    with pytest.raises(IndicsubsError) as wrong:
        read_terms(put(tmp_path, name, text))
    assert words in wrong.value.message
    assert wrong.value.message.startswith(str(tmp_path / name))
    assert wrong.value.message.endswith(".")
    assert ".." not in wrong.value.message.replace("...", "")
    assert wrong.value.status is ExitStatus.BAD_INPUT


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    for path, words, status in (
        (tmp_path / "a.tsv", "is not there", ExitStatus.NO_INPUT),
        (
            put(tmp_path, "b.tsv/c", "").parent,
            "is a folder, and a file is needed",
            ExitStatus.USAGE,
        ),
        (tmp_path / "a.xlsx", "ends with .tsv or .toml", ExitStatus.USAGE),
    ):
        with pytest.raises(IndicsubsError, match=words) as wrong:
            read_terms(path)
        assert wrong.value.status is status


def test_a_job_s_terms_win_over_the_user_s_and_later_files_over_earlier(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert read_glossary((), environ) == ()
    put(tmp_path, "indicsubs/glossary.toml", '[terms]\na.en = "1"\nb.en = "1"\nc.keep = true\n')
    put(tmp_path, "indicsubs/glossary.tsv", "source\ten\nb\t2\nd\t2\n")
    job = put(tmp_path, "job.tsv", "source\tta\nd\t3\nA\t3\n")
    last = put(tmp_path, "last.tsv", "source\ten\nd\t4\n")
    assert read_glossary([job, last], environ) == (
        GlossaryTerm(source="A", targets={"ta": "3"}),
        GlossaryTerm(source="b", targets={"en": "2"}),
        GlossaryTerm(source="c", targets={}, keep=True),
        GlossaryTerm(source="d", targets={"en": "4"}),
    )


def test_where_the_user_s_own_lies(tmp_path: Path) -> None:
    own = put(tmp_path, ".config/indicsubs/glossary.toml", "")
    assert user_glossaries({"HOME": str(tmp_path)}) == [own]
    assert user_glossaries({"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""}) == [own]
    assert user_glossaries({"HOME": str(tmp_path), "XDG_CONFIG_HOME": "/nowhere"}) == []


def test_only_what_matters_for_the_targets_is_sent() -> None:
    only_tamil = GlossaryTerm(source="जय", targets={"ta": "ஜெய்"})
    terms = (VEERU, CBI, only_tamil)
    assert terms_for(terms, ["en"]) == (
        GlossaryTerm(source="वीरू", targets={"en": "Veeru"}),
        CBI,
    )
    assert terms_for(terms, ["ta", "en"]) == terms
    assert terms_for(terms, []) == ()


# --- in a job --------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


def test_a_glossary_makes_another_job_wherever_its_file_lies(workspace: Workspace) -> None:
    film = str(fake_workspace.film(workspace.root))

    def spec(*files: Path) -> object:
        return make_spec(workspace, film, JobOptions(glossary=list(files) or None))

    one, same = put(workspace.root, "a.tsv", TSV), put(workspace.root, "b/c.toml", TOML)
    assert spec(one) == spec(same) == spec(one, same) != spec()
    put(workspace.root, "config/indicsubs/glossary.toml", TOML)
    assert spec() == spec(one)


def test_a_job_keeps_its_terms_until_it_is_given_others(workspace: Workspace) -> None:
    job = fake_workspace.new_job(workspace, glossary=(VEERU,))
    put(workspace.root, "config/indicsubs/glossary.toml", TOML.replace("CBI", "RAW"))
    assert make_spec(workspace, job.id, JobOptions()) == job.spec
    other = put(workspace.root, "a.tsv", "source\ten\nवीरू\tBiru\n")
    changed = make_spec(workspace, job.id, JobOptions(glossary=[other]))
    assert [(term.source, term.targets) for term in changed.glossary] == [
        ("RAW", {}),
        ("वीरू", {"en": "Biru"}),
    ]


def test_only_the_translation_runs_again_and_only_if_its_languages_are_concerned(
    workspace: Workspace,
) -> None:
    def outcomes(*terms: GlossaryTerm) -> dict[str, str]:
        job = fake_workspace.new_job(workspace, glossary=terms)
        reports = fake_workspace.pipeline(workspace, job).run()
        manifest = decode_manifest(
            (job.stage_folder(StageName.INDICTRANS2_TRANSLATION) / "request.json").read_bytes()
        )
        assert isinstance(manifest.request, TranslationRequest)
        assert manifest.request.glossary == terms_for(terms, ["en"])
        return {report.stage: report.outcome for report in reports}

    outcomes()
    concerned = outcomes(VEERU)
    assert concerned["load_transcript"] == "reused"
    assert concerned["indictrans2_translation"] == "done"
    only_tamil = GlossaryTerm(source="वीरू", targets={"ta": "வீரு"})
    assert outcomes(only_tamil)["indictrans2_translation"] == "reused"
    assert outcomes(msgspec.structs.replace(VEERU, keep=True))["indictrans2_translation"] == "done"


def test_a_glossary_counts_by_its_content() -> None:
    plain = json.loads(msgspec.json.encode(by_content(VEERU)))
    assert plain == {"source": "वीरू", "targets": {"en": "Veeru", "ta": "வீரு"}, "keep": False}
