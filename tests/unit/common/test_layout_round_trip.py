"""Our own subtitle files, imported as a transcript and laid out again, are the same files."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_layout import spoken

from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import source_cues, translated_cues
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files import subrip
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_translation.cue_sentences import sentences_from_cues

RULES = Rules(sounds=True)


def lay_out(segments: list[Segment]) -> str:
    cues = source_cues(segments, "hi", RULES, FilmFacts()).cues
    return subrip.write(cues, FileStyle(language=find_language("hi")))


def import_file(text: str) -> list[Segment]:
    return sentences_from_cues(subrip.read(text).cues)


def test_a_scene_with_a_song_a_sound_and_two_speakers():
    scene = [
        replace(spoken("दरवाज़ा खुलता है", 0, 1_500), kind="sound"),
        replace(spoken("कौन?", 2_000, 2_400), speaker="वीरू"),
        replace(spoken("मैं हूँ।", 2_450, 2_900), speaker="बसंती"),
        spoken("मैंने तुमसे पहले ही कहा था कि यहाँ मत आना, लेकिन तुम कभी नहीं सुनते।", 4_000, 9_000),
        replace(spoken("ये दोस्ती हम नहीं तोड़ेंगे", 10_000, 14_000), kind="song"),
    ]
    first = lay_out(scene)
    assert "[दरवाज़ा खुलता है]" in first
    assert "- कौन?\n- मैं हूँ।" in first
    assert "♪ ये दोस्ती हम नहीं तोड़ेंगे ♪" in first
    assert lay_out(import_file(first)) == first


words = st.sampled_from(
    ["हाँ", "नमस्ते,", "क्षेत्र", "है।", "में", "और", "कौन?", "राम", "चलो!", "नहीं", "मैं", "डॉ.", "घर"]
)


@st.composite
def scenes(draw: st.DrawFn) -> list[Segment]:
    clock = draw(st.integers(0, 3_000))
    scene: list[Segment] = []
    for sentence in draw(st.lists(st.lists(words, min_size=1, max_size=25), max_size=8)):
        text = " ".join(sentence)
        end = clock + draw(st.integers(20, 120)) * len(text)
        scene.append(
            replace(
                spoken(text, clock, end),
                kind=draw(st.sampled_from(["speech", "speech", "speech", "song", "sound"])),
                speaker=draw(st.sampled_from([None, "A", "B"])),
            )
        )
        clock = end + draw(st.sampled_from([0, 50, 300, 700, 2_000]))
    return scene


@given(scenes())
def test_any_scene(scene: list[Segment]):
    first = lay_out(scene)
    assert lay_out(import_file(first)) == first


def test_two_speakers_of_an_imported_cue_share_a_cue_in_translation():
    segments = import_file("1\n00:00:01,000 --> 00:00:02,500\n- कौन?\n- मैं।\n")
    layout = translated_cues(["Who?", "Me."], segments, "en", RULES, FilmFacts())
    assert [cue.lines for cue in layout.cues] == [("- Who?", "- Me.")]
    assert layout.cues[0].segments == (0, 1)
