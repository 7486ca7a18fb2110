"""Writes the three files of a job's report: a page for people, JSON and a table for programs."""

from collections.abc import Sequence
from pathlib import PurePath

from indicsubs_common.report.csv_table import to_csv
from indicsubs_common.report.html_page import PageData, film_sources, to_html
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.measures import make_report
from indicsubs_common.report.waveform import read_waveform
from indicsubs_contract.context import Context
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.transcript import Transcript


def write_report(
    request: SubtitleRequest,
    context: Context,
    transcript: Transcript,
    languages: Sequence[LanguageCues],
) -> tuple[Artifact, ...]:
    """Writes ``report.html``, ``report.json`` and ``report.csv`` into the stage's folder.

    Args:
        request: Names the film and its audio.
        context: The context of the stage.
        transcript: The transcript of the cues.
        languages: The source language first.

    Raises:
        IndicsubsError: ``NO_INPUT`` if the audio file does not exist, ``BAD_INPUT`` if it is not
            audio as demux writes it.
    """
    film = PurePath(request.film_path).name if request.film_path else ""
    report = make_report(film, request.film_end_ms, transcript, languages, request.doubtful)
    page = PageData(
        report=report,
        waveform=read_waveform(context.path(request.audio), request.audio_start_ms)
        if request.audio
        else None,
        sources=film_sources(request.film_path),
        film_start_ms=request.film_start_ms,
    )
    return (
        context.write("report.html", to_html(page), "html"),
        context.write_document("report.json", report, "json"),
        context.write("report.csv", to_csv(report), "csv"),
    )
