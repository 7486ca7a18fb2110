"""Drawing subtitles into the picture, through an ffmpeg with libass.

PyAV's own FFmpeg comes without libass, and with it without the filter that shapes Indic text and
lays right-to-left lines out; so this one thing is done by the ``ffmpeg`` of the machine.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError

_INSTALL = (
    "Debian and Ubuntu: apt-get install ffmpeg. macOS: brew install ffmpeg-full (Homebrew's plain"
    " ffmpeg has no libass), and put it on the PATH as it says."
)
_QUALITY = ["-c:v", "libx264", "-crf", "18", "-preset", "medium", "-pix_fmt", "yuv420p"]
"""H.264 that plays everywhere; at 18 the loss is hardly seen (FFmpeg wiki, Encode/H.264)."""
_SCRIPT = "burn-in.ass"


def find_ffmpeg() -> Path:
    """The machine's ffmpeg, which must be able to draw and to encode.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT``, saying what to install.
    """
    found = shutil.which("ffmpeg")
    if found is None:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"Burning subtitles in needs ffmpeg, and there is none on the PATH. {_INSTALL}",
        )
    for kind, name in (("filter", "ass"), ("encoder", "libx264")):
        command = [found, "-hide_banner", "-h", f"{kind}={name}"]
        answer = subprocess.run(command, check=False, capture_output=True, text=True)
        if not answer.stdout.lower().startswith(f"{kind} {name}"):
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"{found} cannot burn subtitles in: it has no {kind} {name}. {_INSTALL}",
            )
    return Path(found)


def burn_in(
    film: Path,
    stream: int,
    script: Path,
    fonts: Sequence[Path],
    target: Path,
    report: Callable[[int], None],
) -> None:
    """Encode a film's picture anew with subtitles drawn into it, as Matroska without sound.

    Frames keep their times on the film's own clock, whatever the rate; pictures that are to be
    turned are turned.

    Args:
        film: Of any kind that ffmpeg reads.
        stream: Index of the video stream.
        script: The subtitles, in ASS.
        fonts: To draw with; where they lack a letter, the machine's own serve.
        target: Where to write.
        report: Told now and then how far it is, in ms on the film's clock.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` without a fit ffmpeg, ``BAD_INPUT`` where it fails.
    """
    ffmpeg = find_ffmpeg()
    # Plain names in a folder of their own: a filter's options want three layers of escaping.
    folder = target.with_name(f"{target.name}.drawing")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "fonts").mkdir(parents=True)
    try:
        shutil.copy(script, folder / _SCRIPT)
        for font in fonts:
            shutil.copy(font, folder / "fonts" / font.name)
        command = [
            *(str(ffmpeg), "-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-y"),
            *("-copyts", "-i", str(film.absolute()), "-map", f"0:{stream}"),
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
        errors.open("wb") as complaints,
        subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
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
        said = errors.read_text(errors="replace").strip().splitlines()
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"ffmpeg could not burn the subtitles in: {said[-1] if said else 'it did not say why'}."
            " Without --burn-in they are added as tracks, which changes no picture.",
        )


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Numbers and messages of any ffmpeg in one language."""
    return {**environment, "LC_ALL": "C.UTF-8"}
