"""Sharing and upkeep: a pull of many records, a collection of garbage, and many versions of one large file."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

from harness.measure import Contender, Failed, Series, Usage, interleave
from harness.table import BYTES, WALL_SECONDS, Cell, Row
from harness.workshop import Workshop, remove

SEED = 20_261_124
LINE = 400
"""Bytes of one pair: an address and a caption."""

PULL_TARGET = 2.0
GC_TARGET = 10.0


def store_rows(workshop: Workshop, quick: bool, repetitions: int, budget: float, scale: float) -> list[Row]:
    """Measures with 10,000 records, 100,000 objects, and 100 versions of 100 MB times `scale`."""
    records, objects = (500, 5_000) if quick else (10_000, 100_000)
    size, versions = (4_000_000, 5) if quick else (int(100_000_000 * scale), 100)
    return [
        *_exchange_rows(workshop, records, repetitions, budget),
        *_collection_rows(workshop, objects, repetitions, budget),
        *_version_rows(workshop, size, versions),
    ]


def _exchange_rows(workshop: Workshop, count: int, repetitions: int, budget: float) -> list[Row]:
    folder = workshop.fresh("exchange")
    hub, source, target = folder / "hub.git", folder / "source", folder / "target"
    source.mkdir()
    workshop.run(["git", "init", "-q", "--bare", hub], folder)
    workshop.run([workshop.store, "fill", source, str(count), "300"], folder)

    def push() -> Usage:
        remove(hub)
        workshop.run(["git", "init", "-q", "--bare", hub], folder)
        return workshop.run([workshop.store, "push", source, hub], folder)

    def pull() -> Usage:
        remove(target)
        target.mkdir()
        return workshop.run([workshop.store, "pull", target, hub], folder)

    def again() -> Usage:
        return workshop.run([workshop.store, "pull", target, hub], folder)

    rows = []
    for what, step, target_seconds in (
        (f"Push of {count:,} records into an empty repository on the same disk", push, None),
        (f"Pull of {count:,} records, every one checked, into an empty store", pull, PULL_TARGET),
        ("Pull when there is nothing new", again, None),
    ):
        series = interleave([Contender("Colophon", step)], repetitions, budget)["Colophon"]
        rows.append(Row(what, WALL_SECONDS, Cell("Colophon", series.wall, series=series), (), target_seconds))
    remove(folder)
    return rows


def _collection_rows(workshop: Workshop, objects: int, repetitions: int, budget: float) -> list[Row]:
    folder = workshop.fresh("collection")
    full, work = folder / "full", folder / "work"
    full.mkdir()
    workshop.run([workshop.store, "fill", full, str(objects), "1000"], folder, limit=600)

    def prepared(*words: str) -> Callable[[], Usage]:
        def step() -> Usage:
            remove(work)
            subprocess.run(["cp", "-a", full, work], check=True)
            return workshop.run([workshop.store, "gc", work, *words], folder)

        return step

    rows = []
    half = str(objects * 1100 // 2)
    for what, step in (
        (f"gc of {objects:,} objects that are all needed", prepared()),
        (f"gc of {objects:,} objects down to half, cheapest to compute again first", prepared(half)),
    ):
        series = interleave([Contender("Colophon", step)], repetitions, budget)["Colophon"]
        rows.append(Row(what, WALL_SECONDS, Cell("Colophon", series.wall, series=series), (), GC_TARGET))
    remove(folder)
    return rows


class _Pairs:
    """A file of pairs, a line each; one in a hundred is another in the next version."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.random = path, random.Random(SEED)
        self.lines = [self._line() for _ in range(size // LINE)]
        self.edited = 0

    def _line(self) -> bytes:
        return (self.random.randbytes((LINE - 1) // 2).hex() + "\n").encode().rjust(LINE, b" ")

    def edit(self) -> None:
        """Changes one line in a hundred, in runs of a hundred lines: what another threshold or a shard read again changes."""
        for _ in range(max(1, len(self.lines) // 10_000)):
            start = self.random.randrange(max(1, len(self.lines) - 100))
            for position in range(start, min(start + 100, len(self.lines))):
                self.lines[position] = self._line()
                self.edited += LINE
        self.write()

    def write(self) -> None:
        """Puts the version where the tools read it."""
        self.path.write_bytes(b"".join(self.lines))


def _version_rows(workshop: Workshop, size: int, count: int) -> list[Row]:
    folder = workshop.fresh("versions")
    keepers: dict[str, tuple[Callable[[], Usage], Path]] = {}
    pairs = _Pairs(folder / "pairs.jsonl", size)
    pairs.write()
    failures: dict[str, Series] = {}
    project = folder / "colophon"
    project.mkdir()
    keepers["Colophon"] = (lambda: workshop.run([workshop.store, "version", project, pairs.path], folder), project / "Artifacts")
    for name, make in (("restic", _restic), ("DVC", _dvc)):
        try:
            keepers[name] = make(workshop, folder, pairs.path)
        except Failed as failure:
            failures[name] = Series(failure=str(failure))
    series = {name: Series() for name in keepers}
    first: dict[str, int] = {}
    for number in range(count):
        if number:
            pairs.edit()
        for name, (keep, store) in keepers.items():
            if series[name].failure is None:
                try:
                    series[name].samples.append(keep())
                except Failed as failure:
                    series[name].failure = str(failure)
                first.setdefault(name, _stored(store))
    sizes = {name: float(_stored(store)) if series[name].failure is None else None for name, (_, store) in keepers.items()}
    limit = 2.0 * first["Colophon"] + pairs.edited / size * first["Colophon"]
    told = f"{count} versions of {size / 1e6:.0f} MB of pairs, 1 % of the lines of each new"
    named = series | failures
    total = {name: sum(sample.wall for sample in one.samples) if not one.failure else None for name, one in named.items()}
    remove(folder)
    return [
        _row(f"{told}: what the store takes (target: 2 × the first and the edits)", BYTES, sizes, named, limit),
        _row("The same: time to keep them all", WALL_SECONDS, total, named, None),
    ]


def _row(what: str, unit: object, values: dict[str, float | None], series: dict[str, Series], target: float | None) -> Row:
    cells = [Cell(name, values.get(name), series=one) for name, one in series.items()]
    return Row(what, unit, cells[0], cells[1:], target)


def _restic(workshop: Workshop, folder: Path, path: Path) -> tuple[Callable[[], Usage], Path]:
    program = workshop.tool("restic", "restic")
    store = folder / "restic"

    def restic(*words: str) -> Usage:
        return workshop.run([program, "--quiet", "--repo", store, *words], folder, RESTIC_PASSWORD="benchmark")

    restic("init")
    return lambda: restic("backup", path.name), store


def _dvc(workshop: Workshop, folder: Path, path: Path) -> tuple[Callable[[], Usage], Path]:
    program = workshop.tool("DVC", "dvc")
    project = folder / "dvc"
    project.mkdir()
    workshop.run(["git", "init", "-q"], project)
    workshop.run([program, "init", "-q"], project)

    def keep() -> Usage:
        subprocess.run(["cp", path, project / path.name], check=True)
        return workshop.run([program, "add", "-q", path.name], project)

    return keep, project / ".dvc" / "cache"


def _stored(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
