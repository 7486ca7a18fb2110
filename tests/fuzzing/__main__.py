"""Searches for inputs that a reader fails on, guided by the branches that they reach (Atheris).

    just fuzz srt                           # one minute
    just fuzz wire -max_total_time=600      # libFuzzer's options

What is found lies in ``.indicsubs/fuzz/NAME``; an input that fails lies there as ``crash-...``.
:mod:`keep` copies what reaches a new branch into the corpus, which the tests read.
"""

import sys

import atheris

with atheris.instrument_imports(include=["indicsubs_text", "indicsubs_contract"]):
    from fuzzing.targets import CORPUS, FOUND, TARGETS

_DEFAULTS = ("-max_total_time=60", "-timeout=10", "-rss_limit_mb=1024", "-max_len=2048")


def main() -> None:
    """Runs libFuzzer on the target that the command line names."""
    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"Name one of these readers: {', '.join(TARGETS)}")
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    folders = [str(found), str(CORPUS / name)]
    arguments = [sys.argv[0], *_DEFAULTS, f"-artifact_prefix={found}/", *options, *folders]
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
