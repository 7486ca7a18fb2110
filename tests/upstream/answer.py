"""Upstream's side of the comparison: it runs in an environment without this project."""

import json
import os
import sys
from pathlib import Path

from exchange import ANSWERS, CASES, PAD, searches, trimmed


def main(exchange: Path) -> None:
    """Runs the search of every case with the code in its checkpoint's folder."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HOME"] = str(
        exchange / "hub"
    )  # for copies of the code: the user's cache stays as it is
    import torch
    from transformers import AutoModelForSeq2SeqLM, logging

    logging.set_verbosity_error()
    networks = {}
    answers = []
    for case in json.loads((exchange / CASES).read_text(encoding="utf-8")):
        name = case["checkpoint"]
        if name not in networks:
            networks[name] = AutoModelForSeq2SeqLM.from_pretrained(
                exchange / name, trust_remote_code=True
            ).eval()
        rows = []
        for batch in searches(case):
            ids = torch.tensor(batch)
            with torch.inference_mode():
                rows += (
                    networks[name]
                    .generate(
                        input_ids=ids,
                        attention_mask=ids.ne(PAD).long(),
                        use_cache=True,
                        min_length=0,
                        **case["options"],
                    )
                    .tolist()
                )
        answers.append(trimmed(rows))
    (exchange / ANSWERS).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
