"""Models that stay loaded from one request to the next, and when they are dropped."""

import ctypes
import gc
import sys
import weakref
from types import SimpleNamespace

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.loaded_models import LoadedModels, ModelKey, release_memory
from indicsubs_contract.messages.files import ModelFolder


class Network:
    """A loaded model that refers to itself, as some engines do."""

    def __init__(self) -> None:
        self.own = self


def key(name: str, fingerprint: str = "one", how: str = "float32") -> ModelKey:
    return ModelKey(ModelFolder(name=name, folder="/models", fingerprint=fingerprint), (how,))


def never() -> Network:
    pytest.fail("the model is loaded again")


@pytest.fixture
def models() -> LoadedModels:
    return LoadedModels()


def test_a_model_is_loaded_once(models: LoadedModels) -> None:
    loaded = models.get(key("a"), Network)
    assert models.get(key("a"), never) is loaded


@pytest.mark.parametrize(
    "other", [key("a", "two"), key("a", how="int8"), key("b")], ids=["files", "format", "name"]
)
def test_what_the_request_does_not_use_is_freed_before_another_is_loaded(
    other: ModelKey, models: LoadedModels
) -> None:
    first = weakref.ref(models.get(key("a"), Network))

    def load() -> Network:
        assert first() is None
        return Network()

    second = models.get(other, load)
    assert models.get(other, never) is second
    assert models.get(key("a"), Network) is not first()


def test_what_the_request_uses_besides_stays(models: LoadedModels) -> None:
    names = {key("a"), key("b")}
    loaded = {name: models.get(name, Network, names) for name in names}
    for name in names:
        assert models.get(name, never) is loaded[name]
    models.get(key("c"), Network, {key("a")})
    assert models.get(key("a"), never) is loaded[key("a")]
    assert models.get(key("b"), Network, {key("a")}) is not loaded[key("b")]


def test_a_model_that_does_not_load_is_not_kept(models: LoadedModels) -> None:
    def broken() -> Network:
        raise IndicsubsError(FailureCode.MISSING_MODEL, "damaged")

    with pytest.raises(IndicsubsError, match="damaged"):
        models.get(key("a"), broken)
    assert isinstance(models.get(key("a"), Network), Network)
    with pytest.raises(IndicsubsError, match="damaged"):
        models.get(key("b"), broken, {key("a")})
    models.get(key("a"), never)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory"), OSError("cannot allocate memory")]
)
def test_where_the_memory_is_full_the_other_models_are_dropped_and_it_is_loaded_once_more(
    error: Exception, models: LoadedModels
) -> None:
    other = weakref.ref(models.get(key("a"), Network))

    def load() -> Network:
        if other() is not None:
            raise error
        return Network()

    loaded = models.get(key("b"), load, {key("a")})
    assert models.get(key("b"), never) is loaded


def test_a_memory_that_is_too_small_for_one_model_is_an_error(models: LoadedModels) -> None:
    tried: list[int] = []

    def load() -> Network:
        tried.append(1)
        raise MemoryError

    with pytest.raises(MemoryError):
        models.get(key("a"), load)
    assert len(tried) == 1
    models.get(key("b"), Network)
    with pytest.raises(MemoryError):
        models.get(key("a"), load, {key("b")})
    assert len(tried) == 3


def test_dropping_names_the_model(models: LoadedModels, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "indicsubs")
    models.get(key("large", how="int8"), Network)
    models.drop()
    models.drop()
    assert caplog.messages == ["Dropped the model large (int8)."]


class Engines:
    """Modules of engines, whose caches are emptied."""

    def __init__(self, *, cuda: bool, mps: bool) -> None:
        self.emptied: list[str] = []
        self.torch = SimpleNamespace(
            cuda=SimpleNamespace(
                is_initialized=lambda: cuda, empty_cache=lambda: self.emptied.append("cuda")
            ),
            backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
            mps=SimpleNamespace(empty_cache=lambda: self.emptied.append("mps")),
        )
        self.mlx = SimpleNamespace(clear_cache=lambda: self.emptied.append("mlx"))


@pytest.mark.parametrize("cuda", [False, True])
@pytest.mark.parametrize("mps", [False, True])
def test_memory_that_libraries_keep_is_given_back(
    cuda: bool, mps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = Engines(cuda=cuda, mps=mps)
    monkeypatch.setitem(sys.modules, "torch", engines.torch)
    monkeypatch.setitem(sys.modules, "mlx.core", engines.mlx)
    network = weakref.ref(Network())
    release_memory()
    assert engines.emptied == [*["cuda"][: int(cuda)], *["mps"][: int(mps)], "mlx"]
    assert network() is None


def test_memory_is_given_back_without_any_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And with a C library that cannot give memory back, as that of macOS."""
    for name in ("torch", "mlx.core"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    gc.disable()
    try:
        network = weakref.ref(Network())
        release_memory()
    finally:
        gc.enable()
    assert network() is None
