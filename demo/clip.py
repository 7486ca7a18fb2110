r"""Writes the demo film, its surround variant, three recordings, and a reference for each.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.clip

``clip.mp4`` has two voices in stereo, a passage of music and four shots. ``clip-surround.mkv`` is
the same film with 5.1 audio and the voices in the centre. ``held-out.m4a`` has the same sentences
in another order, in voices and at speeds that are not in the training data. ``clip-ta.m4a`` and
``clip-or.m4a`` are spoken in Tamil and Odia, in the voices of the film. The references are JSON,
with times in ms.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from demo.corpus import HELD_OUT_VOICES, in_language
from demo.espeak import Utterance, Voice, speak
from demo.sentences import lines

FOLDER = Path(__file__).parent
RATE = 48_000
FRAME_RATE = 24
SIZE = (640, 360)
WOMAN, MAN = "hi+f2", "hi+m3"
MUSIC_AFTER = 11
"""The music begins after this many sentences."""
MUSIC_SECONDS = 8.0
RECORDINGS = {"ta": 12, "or": 12}
"""For each recording in another language: the number of its sentences."""

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A spoken sentence of the film; ``start`` is in seconds."""

    number: int
    start: float
    utterance: Utterance


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The sound of a film: float32 mono tracks at 48 kHz, all of the same length."""

    language: str
    lines: list[Line]
    dialogue: Audio
    music: Audio
    music_span: tuple[float, float] | None

    @property
    def seconds(self) -> float:
        """The length of the scene in seconds."""
        return len(self.dialogue) / RATE


def compose(
    order: list[int], voices: list[Voice], seed: int, *, with_music: bool, language: str = "hi"
) -> Scene:
    """Speaks the sentences in order, with pauses of 0.6 to 1.6 s."""
    rng = np.random.default_rng(seed)
    placed: list[Line] = []
    time, music_span = 1.0, None
    for k, (number, voice) in enumerate(zip(order, voices, strict=True)):
        if with_music and k == MUSIC_AFTER:
            music_span = (time, time + MUSIC_SECONDS)
            time += MUSIC_SECONDS + 0.8
        spoken = speak(lines(language)[number][language], voice, RATE)
        placed.append(Line(number=number, start=time - spoken.words[0].start, utterance=spoken))
        time += spoken.words[-1].end - spoken.words[0].start + rng.uniform(0.6, 1.6)
    dialogue = np.zeros(int((time + 0.5) * RATE), np.float32)
    for line in placed:
        at = max(0, round(line.start * RATE))
        dialogue[at : at + len(line.utterance.samples)] += 0.7 * line.utterance.samples
    score = np.zeros_like(dialogue)
    if music_span:
        tune = music(MUSIC_SECONDS)
        at = int(music_span[0] * RATE)
        score[at : at + len(tune)] = tune
    return Scene(
        language=language, lines=placed, dialogue=dialogue, music=score, music_span=music_span
    )


def music(seconds: float) -> Audio:
    """Returns plucked strings (Karplus-Strong) over a drone, in the notes of raga Bhupali."""
    rng = np.random.default_rng(7)
    tune = np.zeros(int(seconds * RATE), np.float32)
    scale = 220 * 2 ** (np.array([0, 2, 4, 7, 9, 12]) / 12)
    for beat in np.arange(0, seconds - 0.4, 0.4):
        note = _pluck(float(rng.choice(scale)), 1.2, rng)
        at = int(beat * RATE)
        tune[at : at + len(note)] += 0.35 * note[: len(tune) - at]
    t = np.arange(len(tune)) / RATE
    tune += 0.05 * np.sin(2 * np.pi * 110 * t) + 0.04 * np.sin(2 * np.pi * 165 * t)
    fade = np.clip(np.minimum(t, seconds - t) / 0.5, 0, 1)
    return (0.5 * tune * fade / np.abs(tune).max()).astype(np.float32)


def _pluck(frequency: float, seconds: float, rng: np.random.Generator) -> Audio:
    period = int(RATE / frequency)
    string = rng.uniform(-1, 1, period)
    periods = [string]
    for _ in range(int(seconds * frequency)):
        string = 0.996 * (string + np.roll(string, 1)) / 2
        periods.append(string)
    return np.concatenate(periods).astype(np.float32)


def picture(time: float, seconds: float) -> npt.NDArray[np.uint8]:
    """Returns an RGB frame: hills under a moving moon or sun; each of four shots has a palette."""
    width, height = SIZE
    shot = min(3, int(4 * time / seconds))
    top, low, hill, orb = (
        ((18, 22, 60), (70, 60, 110), (10, 12, 30), (240, 240, 215)),
        ((250, 190, 120), (255, 225, 180), (110, 70, 50), (255, 245, 200)),
        ((110, 170, 225), (220, 235, 250), (50, 100, 60), (255, 240, 150)),
        ((120, 50, 80), (240, 130, 90), (50, 20, 45), (255, 220, 170)),
    )[shot]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    share = (y / height)[..., None]
    frame = np.array(top) * (1 - share) + np.array(low) * share
    at_x, at_y = width * (0.15 + 0.7 * time / seconds), height * (0.25 + 0.05 * shot)
    frame[(x - at_x) ** 2 + (y - at_y) ** 2 < 28**2] = orb
    for depth, speed in ((0.75, 0.6), (0.62, 1.0)):
        ridge = height * (1.3 - depth + 0.06 * np.sin(x / (90 * depth) + speed * time / 6 + shot))
        frame[y > ridge] = np.array(hill) * (1.6 - depth)
    return np.clip(frame, 0, 255).astype(np.uint8)


def write_film(path: Path, scene: Scene, layout: str, bit_rate: int) -> None:
    """Encodes picture and sound; the language tag of the audio is Hindi."""
    mix = _channels(scene, layout)
    # Matroska writes a random identifier unless it is to be bit-exact.
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {"fflags": "+bitexact"}
    with av.open(str(path), "w", options=options) as film:
        film.metadata["title"] = "indicsubs demo"
        video = film.add_stream("libx264", rate=FRAME_RATE, options={"crf": "30", "preset": "slow"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        audio = film.add_stream("aac", rate=RATE, layout=layout)
        audio.bit_rate = bit_rate
        audio.metadata["language"] = "hin"
        written = 0
        for index in range(int(scene.seconds * FRAME_RATE)):
            image = av.VideoFrame.from_ndarray(picture(index / FRAME_RATE, scene.seconds), "rgb24")
            image.pts, image.time_base = index, Fraction(1, FRAME_RATE)
            film.mux(video.encode(image))
            until = (index + 1) * RATE // FRAME_RATE
            film.mux(audio.encode(_sound(mix[:, written:until], layout, written)))
            written = until
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def write_sound(path: Path, scene: Scene, bit_rate: int) -> None:
    """Encodes the dialogue without music."""
    with av.open(str(path), "w", format="ipod") as container:
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = bit_rate
        container.mux(audio.encode(_sound(scene.dialogue[None], "mono", 0)))
        container.mux(audio.encode(None))


def _channels(scene: Scene, layout: str) -> Audio:
    """Returns float32 [channels, samples] in the channel order of the layout."""
    if layout == "stereo":
        side = np.roll(scene.music, 400)
        return np.stack([scene.dialogue + scene.music, scene.dialogue + side])
    rng = np.random.default_rng(3)
    rain = (0.004 * rng.standard_normal((2, len(scene.dialogue)))).astype(np.float32)
    bass = np.convolve(scene.music, np.ones(240) / 240, "same").astype(np.float32)
    left, right = scene.music, np.roll(scene.music, 400)
    return np.stack([left, right, scene.dialogue, bass, rain[0], rain[1]])  # 5.1: L R C LFE Ls Rs


def _sound(samples: Audio, layout: str, at: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(np.clip(samples, -1, 1), np.float32), format="fltp", layout=layout
    )
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


def write_truth(path: Path, scene: Scene) -> None:
    """Writes the reference: the text, the time of every word, and the translations."""
    documents = [
        {
            "text": line.utterance.text,
            **_translations(scene.language, line.number),
            "voice": line.utterance.voice.name,
            "words": [
                {
                    "text": word.text,
                    "start_ms": round(1000 * (line.start + word.start)),
                    "end_ms": round(1000 * (line.start + word.end)),
                }
                for word in line.utterance.words
            ],
        }
        for line in scene.lines
    ]
    music_ms = [round(1000 * t) for t in scene.music_span] if scene.music_span else None
    document = {
        "duration_ms": round(1000 * scene.seconds),
        "music_ms": music_ms,
        "lines": documents,
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _translations(language: str, number: int) -> dict[str, str]:
    return {code: text for code, text in lines(language)[number].items() if code != language}


def main() -> None:
    """Writes the films and the recordings; both films have the same reference."""
    rng = np.random.default_rng(11)
    count = len(lines("hi"))
    order = rng.permutation(count).tolist()
    turns = [
        Voice(name=WOMAN, rate=140, pitch=60) if k % 3 else Voice(name=MAN, rate=145, pitch=42)
        for k in range(count)
    ]
    scene = compose(order, turns, seed=12, with_music=True)
    write_film(FOLDER / "clip.mp4", scene, "stereo", 96_000)
    write_film(FOLDER / "clip-surround.mkv", scene, "5.1", 192_000)
    write_truth(FOLDER / "clip.json", scene)
    turns = [
        Voice(name=HELD_OUT_VOICES[k % len(HELD_OUT_VOICES)], rate=150 + k % 11, pitch=40 + k % 20)
        for k in range(count)
    ]
    held_out = compose(rng.permutation(count).tolist(), turns, seed=13, with_music=False)
    write_sound(FOLDER / "held-out.m4a", held_out, 64_000)
    write_truth(FOLDER / "held-out.json", held_out)
    print(f"clip {scene.seconds:.1f} s, held-out {held_out.seconds:.1f} s")
    for language, spoken in RECORDINGS.items():
        write_recording(language, spoken)


def write_recording(language: str, count: int) -> None:
    """Writes ``clip-LANGUAGE.m4a``: ``count`` sentences, in the two voices of the film."""
    rng = np.random.default_rng(14)
    order = rng.permutation(len(lines(language)))[:count].tolist()
    turns = [
        Voice(name=in_language(WOMAN, language), rate=140, pitch=60)
        if k % 3
        else Voice(name=in_language(MAN, language), rate=145, pitch=42)
        for k in range(count)
    ]
    scene = compose(order, turns, seed=15, with_music=False, language=language)
    write_sound(FOLDER / f"clip-{language}.m4a", scene, 40_000)
    write_truth(FOLDER / f"clip-{language}.json", scene)
    print(f"clip-{language} {scene.seconds:.1f} s")


if __name__ == "__main__":
    main()
