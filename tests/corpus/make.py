"""Makes the files of the corpus: ``python -m corpus.make FOLDER --seed 11 --count 320``.

Each file lies in a folder of its own, whose name tells its number and kind. The same seed and the
same versions of the libraries make the same files.
"""

import argparse
from itertools import chain
from pathlib import Path
from random import Random

from corpus import films, texts

FILM, TEXT = "film", "text"


def make(folder: Path, seed: int, count: int) -> list[Path]:
    """Writes the files, the kinds of films and of texts in turn, and returns their paths."""
    made: list[Path] = []
    kinds = list(chain.from_iterable(zip(*_of_one_length(films.KINDS, texts.KINDS), strict=True)))
    for number in range(count):
        kind = kinds[number % len(kinds)]
        is_film = kind in films.KINDS
        name, content = kind(Random(f"{seed} {number}"))
        place = folder / f"{number:03}-{FILM if is_film else TEXT}-{kind.__name__}"
        place.mkdir(parents=True)
        path = place / name
        path.write_bytes(content)
        made.append(path)
    return made


def _of_one_length(one, other):
    """Repeats the first elements of the shorter list."""
    most = max(len(one), len(other))
    return [[*each, *each][:most] for each in (one, other)]


def kind_of(path: Path) -> str:
    """Returns the kind of a file of the corpus."""
    return path.parent.name.split("-", 2)[2]


def is_film(path: Path) -> bool:
    """Returns whether a file of the corpus was made as a film."""
    return path.parent.name.split("-", 2)[1] == FILM


def files_of(folder: Path) -> list[Path]:
    """Returns the files of a corpus in the order of their numbers."""
    places = sorted(place for place in folder.iterdir() if place.name[:3].isdigit())
    return [path for place in places for path in sorted(place.iterdir())[:1]]


def main() -> None:
    """Makes a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--count", type=int, default=320)
    given = parser.parse_args()
    print(f"{len(make(given.folder, given.seed, given.count))} files, seed {given.seed}")


if __name__ == "__main__":
    main()
