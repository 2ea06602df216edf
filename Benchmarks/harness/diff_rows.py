"""Differences of large artifacts, beside what one would otherwise reach for: a set difference in Python, git, pandas."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.measure import Contender, Failed, Usage, interleave
from harness.table import BYTES, WALL_SECONDS, Cell, Row
from harness.workshop import Workshop, remove

METADATA_TARGET = 2.0
"""Wall seconds for two metadata of a million entries each."""

MEMORY_TARGET = 256e6
"""The peak while two sets of pairs are compared, whatever their size."""

SET_DIFFERENCE = """
import json, sys
def read(path):
    with open(path, encoding="utf-8") as file:
        return {entry["entry"]: entry for entry in map(json.loads, file)}
old, new = read(sys.argv[1]), read(sys.argv[2])
print(len(new.keys() - old.keys()), len(old.keys() - new.keys()), sum(old[key] != new[key] for key in old.keys() & new.keys()))
"""

PAIR_DIFFERENCE = """
import json, sys
def read(path):
    with open(path, "rb") as file:
        return {json.loads(line)["id"]: hash(line) for line in file}
old, new = read(sys.argv[1]), read(sys.argv[2])
print(len(new.keys() - old.keys()), len(old.keys() - new.keys()), sum(old[key] != new[key] for key in old.keys() & new.keys()))
"""

PANDAS = """
import pandas, sys
old, new = (pandas.read_csv(path, keep_default_na=False).set_index(["task", "language"]) for path in sys.argv[1:3])
shared = old.index.intersection(new.index)
changed = old.loc[shared].compare(new.loc[shared])
print(len(new.index.difference(old.index)), len(old.index.difference(new.index)), len(changed))
"""


@dataclass(frozen=True)
class Sizes:
    """How large the artifacts are."""

    entries: int
    pairs: int
    """Bytes of each set of pairs."""

    rows: int


FULL = Sizes(entries=1_000_000, pairs=2_000_000_000, rows=200_000)
QUICK = Sizes(entries=20_000, pairs=8_000_000, rows=2_000)


def diff_rows(workshop: Workshop, quick: bool, repetitions: int, budget: float, pair_bytes: int | None = None) -> list[Row]:
    """Measures all; `pair_bytes` is for less room on the disk."""
    sizes = QUICK if quick else FULL
    folder = workshop.fresh("diff")
    try:
        return [
            *_metadata_rows(workshop, folder, sizes.entries, repetitions, budget),
            *_pair_rows(workshop, folder, pair_bytes or sizes.pairs, budget),
            *_table_rows(workshop, folder, sizes.rows, repetitions, budget),
        ]
    finally:
        remove(folder)


@dataclass
class Compared:
    """One contender: its command, and the most memory that a run of it took."""

    name: str
    command: Callable[[], Sequence[str | Path]]
    peak: float = 0

    def contender(self, workshop: Workshop, folder: Path) -> Contender:
        """Measures the command through a process that reads its peak memory."""

        def measure() -> Usage:
            report = folder / "peak"
            usage = workshop.run(
                [sys.executable, Path(__file__).parent / "peers" / "peak.py", report, *self.command()], folder, limit=900)
            self.peak = max(self.peak, float(report.read_text()))
            return usage

        return Contender(self.name, measure)


def _rows(
    workshop: Workshop, folder: Path, what: str, compared: Sequence[Compared], repetitions: int, budget: float,
    target: float | None, memory_target: float | None
) -> list[Row]:
    """A row of times and one of memory."""
    results = interleave([one.contender(workshop, folder) for one in compared], repetitions, budget)
    times = [Cell(one.name, results[one.name].wall, series=results[one.name]) for one in compared]
    peaks = [
        Cell(one.name, one.peak if results[one.name].failure is None else None, series=results[one.name]) for one in compared
    ]
    return [
        Row(f"{what} (wall)", WALL_SECONDS, times[0], times[1:], target),
        Row("The same, memory (peak)", BYTES, peaks[0], peaks[1:], memory_target),
    ]


def _diff(workshop: Workshop, format: str, old: Path, new: Path) -> Compared:
    return Compared("Colophon", lambda: [workshop.colophon, "diff", "--format", format, "--color", "never", old, new])


def _python(name: str, script: str, old: Path, new: Path) -> Compared:
    return Compared(name, lambda: [sys.executable, "-c", script, old, new])


def _git(old: Path, new: Path) -> Compared:
    # 1 says that there are differences.
    return Compared("git diff --stat", lambda: ["sh", "-c", f"git diff --no-index --stat '{old}' '{new}' || [ $? = 1 ]"])


def _metadata_rows(workshop: Workshop, folder: Path, entries: int, repetitions: int, budget: float) -> list[Row]:
    for side in ("old", "new"):
        (folder / side).mkdir()
        with (folder / side / "en.jsonl").open("w", encoding="utf-8") as file:
            for index in range(entries):
                # One of 50 is gone, one of 50 new, one of 100 moved, one of 20 has another score.
                if index % 50 == (0 if side == "new" else 1):
                    continue
                mark = "u" if side == "new" and index % 100 == 7 else "b"
                score = index / 8 + (1 if side == "new" and index % 20 == 3 else 0)
                file.write(json.dumps({"entry": f"word {index:x} {index * 7919 % 9973}", "source": mark, "score": score},
                                      separators=(",", ":")) + "\n")
        (folder / side / "languages.csv").write_text("language,entries\n")
    old, new = folder / "old", folder / "new"
    files = old / "en.jsonl", new / "en.jsonl"
    compared = [_diff(workshop, "metadata/2", old, new), _python("Python sets", SET_DIFFERENCE, *files), _git(*files)]
    return _rows(
        workshop, folder, f"Difference of two metadata of {entries:,} entries", compared, repetitions, budget,
        METADATA_TARGET, None)


def _pair_rows(workshop: Workshop, folder: Path, size: int, budget: float) -> list[Row]:
    old, new = folder / "old.jsonl", folder / "new.jsonl"
    _write_pairs(old, size, 1)
    _write_pairs(new, size, 0)
    compared = [_diff(workshop, "pairs/1", old, new), _python("Python sets of hashes", PAIR_DIFFERENCE, old, new)]
    return _rows(
        workshop, folder, f"Difference of two sets of pairs of {size / 1e9:.3g} GB", compared, 1, budget, None, MEMORY_TARGET)


def _write_pairs(path: Path, size: int, dropped: int) -> None:
    """Pairs of about 200 bytes; one of ten is in one of both alone."""
    languages = ["en", "de", "fr", "zh", "ja", "hi", "ar", "sw"]
    written = index = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            index += 1
            if index % 20 == dropped:
                continue
            texts = [{
                "text": f"a picture of number {index} on a table, with something else beside it",
                "field": "alt", "language": languages[index * 31 % 8],
            }]
            line = json.dumps({"id": f"{index * 2654435761 % 2**32:08x}{index:08x}", "image": f"{index:x}", "texts": texts},
                              separators=(",", ":")) + "\n"
            written += file.write(line)


def _table_rows(workshop: Workshop, folder: Path, rows: int, repetitions: int, budget: float) -> list[Row]:
    old, new = folder / "old.csv", folder / "new.csv"
    for path, side in ((old, 0), (new, 1)):
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["task", "language", "items", "accuracy", "low", "high"])
            for index in range(rows):
                if index % 100 != side:
                    value = 0.5 + (0.25 if side and index % 50 == 7 else 0)
                    writer.writerow([f"task {index}", f"l{index % 300}", index, value, 0.4, 0.6])
    compared = [_diff(workshop, "file/csv", old, new)]
    try:
        python = workshop.tool("pandas", "python")
        compared.append(Compared("pandas", lambda: [python, "-c", PANDAS, old, new]))
    except Failed:
        pass
    compared.append(_git(old, new))
    return _rows(
        workshop, folder, f"Difference of two tables of {rows:,} rows, joined by two columns", compared, repetitions, budget, None,
        None)
