"""Burns subtitles into the picture with an ``ffmpeg`` program that has libass.

libass shapes Indic text and lays out right-to-left lines. The FFmpeg inside PyAV is built without
it, so this step alone uses the machine's ``ffmpeg``.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError

_INSTALL = (
    "Debian and Ubuntu: apt-get install ffmpeg. macOS: brew install ffmpeg-full (Homebrew's plain"
    " ffmpeg has no libass); then put it on the PATH as brew's output says."
)
_QUALITY = ["-c:v", "libx264", "-crf", "18", "-preset", "medium", "-pix_fmt", "yuv420p"]
"""H.264 settings that all players support. At CRF 18 the loss is hardly visible (FFmpeg wiki,
Encode/H.264)."""
_SCRIPT = "burn-in.ass"


def find_ffmpeg() -> Path:
    """The machine's ffmpeg, which must have the filter and the encoder that are needed.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` if there is no such ffmpeg; the message says
            what to install.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"Burning subtitles in needs ffmpeg, and none is on the PATH. {_INSTALL}",
        )
    for kind, name in (("filter", "ass"), ("encoder", "libx264")):
        command = [program, "-hide_banner", "-h", f"{kind}={name}"]
        answer = subprocess.run(command, check=False, capture_output=True, text=True)
        if not answer.stdout.lower().startswith(f"{kind} {name}"):
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"{program} cannot burn subtitles in: it has no {kind} {name}. {_INSTALL}",
            )
    return Path(program)


def burn_in(
    film: Path,
    stream: int,
    script: Path,
    fonts: Sequence[Path],
    target: Path,
    report: Callable[[int], None],
) -> None:
    """Encodes a film's picture with subtitles drawn into it, as Matroska without sound.

    Frames keep their times on the film's own clock, at any frame rate. If the film tells players
    to rotate the picture, the picture is rotated.

    Args:
        film: A film that :func:`~indicsubs_media.film.open_film` opens.
        stream: Index of the video stream.
        script: The subtitles, in ASS.
        fonts: Fonts for the subtitles. Letters that they all lack come from the machine's fonts.
        target: The file to write.
        report: Called now and then with the time of the last frame, in ms on the film's clock.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` without a suitable ffmpeg, ``BAD_INPUT`` where
            ffmpeg fails.
    """
    ffmpeg = find_ffmpeg()
    # Plain names in a folder of their own: paths in a filter's options need three layers of
    # escapes.
    folder = target.with_name(f"{target.name}.parts")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "fonts").mkdir(parents=True)
    try:
        shutil.copy(script, folder / _SCRIPT)
        for font in fonts:
            shutil.copy(font, folder / "fonts" / font.name)
        command = [
            *(str(ffmpeg), "-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-y"),
            # Like open_film: what a film contains cannot make ffmpeg read from the network.
            *("-copyts", "-protocol_whitelist", "file", "-i", f"file:{film.absolute()}"),
            *("-map", f"0:{stream}"),
            *("-vf", f"ass={_SCRIPT}:fontsdir=fonts", *_QUALITY),
            *("-fps_mode", "passthrough", "-enc_time_base", "1:90000"),
            *("-avoid_negative_ts", "disabled", "-f", "matroska", str(target.absolute())),
        ]
        _run(command, folder, report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, report: Callable[[int], None]) -> None:
    errors = folder / "errors.txt"
    with (
        errors.open("wb") as error_output,
        subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=error_output,
            text=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                key, _, value = line.strip().partition("=")
                if key == "out_time_us" and value.lstrip("-").isdigit():
                    report(int(value) // 1000)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        messages = errors.read_text(errors="replace").strip().splitlines()
        reason = messages[-1] if messages else "it gave no reason"
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"ffmpeg could not burn the subtitles in: {reason}. Without --burn-in they are added as"
            " tracks, and the picture is not changed.",
        )


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with a locale in which numbers and messages are the same on all machines."""
    return {**environment, "LC_ALL": "C.UTF-8"}
