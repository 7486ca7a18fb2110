"""The report of a job as its three files: a page for people, JSON and a table for machines."""

from collections.abc import Sequence
from pathlib import PurePath

from indicsubs_common.report.flags import LanguageCues
from indicsubs_common.report.measures import make_report
from indicsubs_common.report.page_file import PageData, film_sources, to_html
from indicsubs_common.report.table_file import to_csv
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
    """Write ``report.html``, ``report.json`` and ``report.csv`` in the stage's folder.

    Args:
        request: Says where the film and its audio are.
        context: Of the stage.
        transcript: What the cues were made from.
        languages: The source language first.

    Raises:
        IndicsubsError: ``NO_INPUT`` or ``BAD_INPUT`` for audio that is not there or is none.
    """
    film = PurePath(request.film_path).name if request.film_path else ""
    report = make_report(film, request.film_end_ms, transcript, languages)
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
