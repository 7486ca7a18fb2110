"""What a machine has, and what is made of it."""

from pathlib import Path

import pytest

from indicsubs.machine.hardware import EngineUse, choose_placement, detect
from indicsubs_contract.engines import WAV2VEC2, WHISPER
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_contract.stages import StageName
from indicsubs_processes.hardware import Hardware

GPU = CudaDevice(name="NVIDIA RTX 4090", memory_mib=24564, driver="550.54.15")
CPU = Hardware(system="Linux", machine="x86_64", cores=8, memory_mib=32000)
CUDA = Hardware(system="Linux", machine="x86_64", cores=8, memory_mib=32000, cuda=(GPU,))
MAC = Hardware(system="Darwin", machine="arm64", cores=8, memory_mib=16000)


def use(engine: str, device: str, compute_type: str) -> EngineUse:
    return EngineUse(engine=engine, device=device, compute_type=compute_type)


@pytest.mark.parametrize(
    ("hardware", "recogniser", "aligner", "translator"),
    [
        (
            CPU,
            use("whisperx", "cpu", "int8"),
            use("wav2vec2", "cpu", "int8"),
            use("ctranslate2", "cpu", "int8"),
        ),
        (
            CUDA,
            use("whisperx", "cuda", "float16"),
            use("wav2vec2", "cuda", "float32"),
            use("torch", "cuda", "float16"),
        ),
        (
            MAC,
            use("mlx", "mps", "float16"),
            use("wav2vec2", "cpu", "int8"),
            use("torch", "mps", "float32"),
        ),
    ],
)
def test_the_best_a_machine_has_is_chosen(hardware, recogniser, aligner, translator) -> None:
    placement = choose_placement(hardware)
    assert placement.recogniser is None, "it depends on the film's language"
    assert placement.preferred(StageName.ASR, WHISPER) == recogniser
    assert placement.preferred(StageName.ALIGNMENT, WAV2VEC2) == aligner
    assert placement.translator == translator


@pytest.mark.parametrize(
    ("hardware", "device"), [(CPU, "cpu"), (CUDA, "cuda"), (MAC, "cpu")], ids=["cpu", "cuda", "mac"]
)
def test_indian_languages_have_a_recogniser_on_every_machine(hardware, device) -> None:
    placement = choose_placement(hardware)
    expected = use("indicconformer", device, "float32")
    assert placement.preferred(StageName.ASR, "indicconformer") == expected


def test_the_environments_that_runs_on_a_machine_need() -> None:
    common = ("common", "whisperx", "indicconformer", "indictrans2")
    assert set(choose_placement(CPU).environments()) == set(common)
    assert set(choose_placement(MAC).environments()) == {*common, "mlx"}
    assert set(choose_placement(CPU, recogniser="mlx").environments()) == {*common, "mlx"}


def test_the_user_can_choose_otherwise() -> None:
    on_cpu = choose_placement(CUDA, device="cpu").preferred(StageName.ASR, WHISPER)
    assert on_cpu == use("whisperx", "cpu", "int8")
    on_mac = choose_placement(MAC, recogniser="whisperx")
    assert on_mac.recogniser == use("whisperx", "cpu", "int8"), "CTranslate2 has no Metal"
    assert on_mac.translator.device == "mps"
    assert choose_placement(CPU, translator="torch").translator == use("torch", "cpu", "float32")
    on_cuda = choose_placement(CUDA, translator="ctranslate2")
    assert on_cuda.translator == use("ctranslate2", "cuda", "float16")
    assert choose_placement(CPU, recogniser="mlx").recogniser == use("mlx", "cpu", "float32")
    exact = choose_placement(CPU, translation_compute_type="float32")
    assert exact.translator == use("ctranslate2", "cpu", "float32")


@pytest.mark.parametrize(("hardware", "device"), [(CPU, "cuda"), (CPU, "mps"), (MAC, "cuda")])
def test_what_the_machine_lacks_is_refused_by_name(hardware, device) -> None:
    with pytest.raises(IndicsubsError, match=f"--device {device}"):
        choose_placement(hardware, device=device)


def test_an_engine_and_a_device_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(
        IndicsubsError, match="--translation-engine ctranslate2 does not run on mps"
    ):
        choose_placement(MAC, device="mps", translator="ctranslate2")
    on_cpu = choose_placement(MAC, translator="ctranslate2").translator
    assert on_cpu == use("ctranslate2", "cpu", "int8"), "without --device its own best one"
    with pytest.raises(
        IndicsubsError, match="int8: IndicTrans2 by torch computes on cpu in float32"
    ):
        choose_placement(CPU, translator="torch", translation_compute_type="int8")


@pytest.mark.parametrize(("option", "name"), [("recogniser", "torch"), ("translator", "mlx")])
def test_an_engine_that_does_not_exist_is_refused_with_those_there_are(option, name) -> None:
    with pytest.raises(
        IndicsubsError, match=rf"{name}: there is no such engine; choose from \w+, "
    ):
        choose_placement(CPU, **{option: name})


def test_hardware_is_probed_once_and_again_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = detect(tmp_path)
    assert found.cores >= 1
    assert found.memory_mib > 100
    monkeypatch.setattr("indicsubs.machine.hardware.probe", lambda: MAC)
    assert detect(tmp_path) == found
    assert detect(tmp_path, refresh=True) == MAC
    (tmp_path / "hardware.json").write_text('{"colour": 3}')
    assert detect(tmp_path) == MAC, "a result of another version is not used"
