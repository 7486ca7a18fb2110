"""What every stage with a model must do: prepare it once, and serve many requests with it."""

import gc
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from stage_context import stage_context

from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.loaded_models import LOADED_MODELS
from indicsubs_contract.messages.envelope import Manifest, Request, Result
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName
from indicsubs_contract.walk import transform
from indicsubs_contract.wire import decode_answer, encode_line

Outcome = tuple[bytes, dict[str, bytes]]
"""A stage's result, and the files that it wrote, by name."""


def check_a_prepared_model_is_loaded_once(
    monkeypatch: pytest.MonkeyPatch,
    asr: ModuleType,
    loader: str,
    folder: Path,
    recognise: Callable[[Path], object],
) -> None:
    """Prepares the module ``asr`` without and with a model, then recognises with this model.

    Args:
        loader: The name in ``asr`` of the engine's function or class that loads a model.
        folder: The model's folder.
        recognise: Runs the stage with the model of a folder.
    """
    load = Mock(wraps=getattr(asr, loader))
    monkeypatch.setattr(asr, loader, load)
    LOADED_MODELS.drop()
    asr.prepare(Preparation(prepare=StageName.ASR))
    load.assert_not_called()
    model = ModelFolder(name="test", folder=str(folder), fingerprint="")
    asr.prepare(Preparation(prepare=StageName.ASR, model=model))
    load.assert_called_once()
    recognise(folder)
    load.assert_called_once()


def check_one_process_gives_what_fresh_ones_give(
    package: str, inputs: Path, first: Request, second: Request
) -> None:
    """Serves two requests by processes of their own, and then A, B, A by one process that stays.

    Args:
        package: The package of the environment that the test runs in.
        inputs: A folder with the files that the requests name.
        first: Request A.
        second: Request B of the same stage, with another result.
    """
    (one,) = _served(package, inputs, first)
    (other,) = _served(package, inputs, second)
    assert one != other
    assert _served(package, inputs, first, second, first) == [one, other, one]


def _served(package: str, inputs: Path, *requests: Request) -> list[Outcome]:
    """Returns what one process answers to the requests, each in a job of its own."""
    jobs = [
        shutil.copytree(inputs, inputs.with_name(f"{inputs.name}-{k}"), dirs_exist_ok=True)
        for k in range(len(requests))
    ]
    manifests = [
        Manifest(
            job=str(job), output="out", cache="cache", digest="digest", request=request, stays=True
        )
        for job, request in zip(jobs, requests, strict=True)
    ]
    done = subprocess.run(
        [sys.executable, "-m", package],
        input=b"".join(map(encode_line, manifests)),
        capture_output=True,
        timeout=300,
        check=False,
    )
    answers = [decode_answer(line) for line in done.stdout.splitlines()]
    results = [answer.result for answer in answers if isinstance(answer, Result)]
    assert len(results) == len(requests), (answers[-1:], done.stderr.decode()[-3000:])
    outcomes = [_outcome(job, result) for job, result in zip(jobs, results, strict=True)]
    for job in jobs:
        shutil.rmtree(job)
    return outcomes


def _outcome(job: Path, result: msgspec.Struct) -> Outcome:
    files = {path.name: path.read_bytes() for path in sorted((job / "out").iterdir())}
    return msgspec.json.encode(result), files


class StageRuns:
    """Runs a stage in the process of the test, and counts how often its model is loaded."""

    def __init__(self, module: ModuleType, stage: StageName, inputs: Path) -> None:
        """Counts nothing yet.

        Args:
            module: The module of the stage.
            stage: Its name.
            inputs: A folder with the files that the requests name.
        """
        self._module = module
        self._stage = stage
        self._inputs = inputs
        self.loaded: list[weakref.ref[Any]] = []
        """All that was loaded so far."""

    def counted(self, load: Callable[..., Any]) -> Callable[..., Any]:
        """Returns the loader, which from now on is counted."""

        def counted(*args: Any, **options: Any) -> Any:
            model = load(*args, **options)
            self.loaded.append(weakref.ref(model))
            return model

        return counted

    def run(self, request: Request, fingerprint: str = "one", *, stays: bool = True) -> Outcome:
        """Returns what the stage makes of a request in a new job.

        Args:
            request: The request.
            fingerprint: The fingerprint of all its models.
            stays: Whether the process waits for another request.
        """
        job = self._inputs.with_name("job")
        shutil.rmtree(job, ignore_errors=True)
        shutil.copytree(self._inputs, job)
        context = stage_context(self._stage, job, stays=stays)
        return _outcome(job, self._module.run(with_fingerprint(request, fingerprint), context))


def with_fingerprint(request: Request, fingerprint: str) -> Any:
    """Returns the request with other fingerprints of its models, as if they were fetched again."""

    def change(part: object) -> object:
        if isinstance(part, ModelFolder):
            return msgspec.structs.replace(part, fingerprint=fingerprint)
        return part

    return transform(request, change)


def check_a_model_stays_loaded(
    runs: StageRuns, first: Request, second: Request, broken: Request, models: int = 1
) -> None:
    """Serves requests A, B, A by one process; then some that fail, and a model with other files.

    Args:
        runs: Runs the stage; its loader is counted.
        first: Request A.
        second: Request B with the same model and another result.
        broken: A request that fails after its model was loaded.
        models: The number of models of the requests.
    """
    one = runs.run(first)
    other = runs.run(second)
    assert one != other
    assert runs.run(first) == one
    assert len(runs.loaded) == models
    with pytest.raises(IndicsubsError):
        runs.run(broken)
    assert runs.run(first) == one
    assert len(runs.loaded) == models
    assert runs.run(first, "two") == one
    assert len(runs.loaded) == 2 * models
    gc.collect()
    assert [model() is None for model in runs.loaded] == [True] * models + [False] * models
    LOADED_MODELS.drop()
    assert {model() for model in runs.loaded} == {None}
    assert runs.run(second) == other


def check_batches_are_whole_again(
    monkeypatch: pytest.MonkeyPatch, runs: StageRuns, request: Request, engine: type, method: str
) -> None:
    """Serves a request with little memory, with none, and interrupted; then one undisturbed.

    Args:
        monkeypatch: Replaces the method.
        runs: Runs the stage.
        request: A request with a batch of several chunks.
        engine: The class of the loaded engine.
        method: The name of its method that computes a batch.
    """
    sizes: list[int] = []
    most = 1000
    error: type[BaseException] = MemoryError
    compute = getattr(engine, method)

    def limited(self: Any, chunks: Sequence[bytes], *how: Any) -> Any:
        sizes.append(len(chunks))
        if len(chunks) > most:
            raise error
        return compute(self, chunks, *how)

    monkeypatch.setattr(engine, method, limited)
    one = runs.run(request)
    whole = sizes[:]
    assert max(whole) > 1
    most = 1
    sizes.clear()
    runs.run(request)
    assert sizes[-1] == 1
    most = 0
    with pytest.raises((IndicsubsError, MemoryError)):
        runs.run(request)
    error = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        runs.run(request)
    most = 1000
    sizes.clear()
    assert runs.run(request) == one
    assert sizes == whole
