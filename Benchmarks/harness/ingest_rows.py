"""A large file: taking it in, a second version of it, and hashing it, beside backup tools and hash commands."""

import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.chains import forget_results
from harness.measure import Contender, Failed, Series, Usage, interleave
from harness.table import BYTES_PER_CPU_SECOND, PER_CENT, WALL_SECONDS, Cell, Row
from harness.workshop import Workshop, remove

SEED = 20_250_720
BLOCK = 1 << 20
INPUT = "input.bin"

REST = 2.5
"""Seconds that a file lies still before it is measured: what changed in the last two is hashed but, as in git, not remembered."""

INGEST_TARGET = 150e6
HASH_TARGET = 1.3e9
GROWTH_TARGET = 1.0

NOTEBOOK = f"""---
title: Ingest
---

```swift
struct Blob: FileArtifact {{
  static var format: String {{ "blob/1" }}
  let content: ArtifactContent
  init(content: ArtifactContent) {{ self.content = content }}
}}

struct Keep: Stage {{
  var file: InputFile
  func run(_ context: StageContext) async throws -> Blob {{
    let path = context.file("blob.bin")
    try FileManager.default.copyItem(atPath: file.path, toPath: path)
    return Blob(content: try ArtifactContent(path: path))
  }}
}}

let kept = try await Keep(file: InputFile("{INPUT}"))()
```
"""


class Versions:
    """Two versions of a file of random bytes; the second has one byte more, in the middle."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self.first, self.second = folder / "first.bin", folder / "second.bin"
        source = random.Random(SEED)
        middle = size // BLOCK // 2
        with self.first.open("wb") as first, self.second.open("wb") as second:
            for index in range(size // BLOCK):
                block = source.randbytes(BLOCK)
                first.write(block)
                second.write(b"+" + block if index == middle else block)

    def place(self, version: Path) -> None:
        """Puts a version where the tools read it, by a link, and lets it rest."""
        path = self.folder / INPUT
        if path.exists() and path.samefile(version):
            return
        path.unlink(missing_ok=True)
        os.link(version, path)
        time.sleep(REST)


class Keeper:
    """A tool that keeps versions of the file: how to start anew, keep, and where its store lies."""

    def __init__(self, name: str, store: Path, reset: Callable[[], None], keep: Callable[[], Usage]) -> None:
        self.name = name
        self.store = store
        self.reset = reset
        self.keep = keep
        self.growth: float | None = None
        """Per cent of the file's size that the second version added."""


def ingest_rows(workshop: Workshop, size: int, repetitions: int, budget: float) -> list[Row]:
    """Measures with a file of `size` bytes, a multiple of 1 MiB."""
    folder = workshop.fresh("ingest")
    versions = Versions(folder, size)
    (folder / "Artifacts").mkdir()
    (folder / "ingest.md").write_text(NOTEBOOK)
    keepers, failures = _keepers(workshop, folder)
    _compile(keepers[0], versions)
    firsts: dict[str, Series] = interleave(
        [Contender(keeper.name, partial(_first, keeper, versions)) for keeper in keepers], repetitions, budget)
    hashing = _hashing(workshop, folder, keepers[0], firsts["Colophon"], repetitions, budget)
    seconds = interleave(
        [
            Contender(keeper.name, partial(_second, keeper, versions))
            for keeper in keepers if firsts[keeper.name].failure is None
        ], 1, budget)
    failed = failures | {name: series for name, series in firsts.items() if series.failure is not None}
    growth = {keeper.name: keeper.growth for keeper in keepers}
    remove(folder)
    return [
        _rate_row(
            f"Ingest of {_size(size)} of random bytes: hashed, chunked, stored (a core)", size, firsts | failures,
            INGEST_TARGET),
        _wall_row("The same, wall time", firsts | failures),
        _growth_row(seconds | failed, growth),
        _rate_row(f"Hashing {_size(size)}: a plan with the file touched, less one without (a core)", size, hashing, HASH_TARGET),
    ]


def _keepers(workshop: Workshop, folder: Path) -> tuple[list[Keeper], dict[str, Series]]:
    """Colophon first, then the peers that are installed; and why the others are not."""
    keepers = [
        Keeper(
            "Colophon", folder / "Artifacts" / "store.git", lambda: forget_results(folder),
            lambda: workshop.run([workshop.colophon, "run", "ingest.md"], folder))
    ]
    failures: dict[str, Series] = {}
    for make in (_restic, _bup):
        try:
            keepers.append(make(workshop, folder))
        except Failed as failure:
            failures[make.__name__.lstrip("_")] = Series(failure=str(failure))
    return keepers, failures


def _restic(workshop: Workshop, folder: Path) -> Keeper:
    program = workshop.tool("restic", "restic")
    store = folder / "restic"

    def restic(*words: str) -> Usage:
        return workshop.run([program, "--quiet", "--repo", store, *words], folder, RESTIC_PASSWORD="benchmark")

    def reset() -> None:
        remove(store)
        restic("init")

    return Keeper("restic", store, reset, lambda: restic("backup", "--compression", "off", INPUT))


def _bup(workshop: Workshop, folder: Path) -> Keeper:
    program = workshop.tool("bup", "bup")
    store = folder / "bup"

    def bup(*words: str) -> Usage:
        return workshop.run([program, *words], folder, BUP_DIR=str(store))

    def reset() -> None:
        remove(store)
        bup("init")

    return Keeper("bup", store, reset, lambda: bup("split", "-0", "--quiet", "--name", "input", INPUT))


def _compile(colophon: Keeper, versions: Versions) -> None:
    """Lets the notebook be compiled on an empty file; a failure shows in the runs that are measured."""
    empty = versions.folder / "empty.bin"
    empty.touch()
    versions.place(empty)
    try:
        colophon.keep()
    except Failed:
        return


def _first(keeper: Keeper, versions: Versions) -> Usage:
    versions.place(versions.first)
    keeper.reset()
    return keeper.keep()


def _second(keeper: Keeper, versions: Versions) -> Usage:
    """Keeps the second version on top of the first and notes how much the store has grown."""
    before = _stored(keeper.store)
    versions.place(versions.second)
    usage = keeper.keep()
    keeper.growth = 100 * (_stored(keeper.store) - before) / versions.size
    return usage


def _hashing(
    workshop: Workshop, folder: Path, colophon: Keeper, first: Series, repetitions: int, budget: float
) -> dict[str, Series]:
    """Time to hash the file; Colophon's is the difference between two plans."""
    path = folder / INPUT
    plan: list[str | Path] = [workshop.colophon, "plan", "ingest.md"]

    def touched() -> Usage:
        time.sleep(REST)
        workshop.run(plan, folder)
        untouched = workshop.run(plan, folder)
        os.utime(path)
        usage = workshop.run(plan, folder)
        return Usage(cpu=usage.cpu - untouched.cpu, wall=usage.wall - untouched.wall)

    contenders = [
        Contender("sha256sum", lambda: workshop.run(["sha256sum", INPUT], folder)),
        Contender("openssl dgst", lambda: workshop.run(["openssl", "dgst", "-sha256", INPUT], folder)),
    ]
    if first.failure is None:
        contenders.insert(0, Contender(colophon.name, touched))
    results = interleave(contenders, repetitions, budget)
    return {"Colophon": first} | results


def _rate_row(what: str, size: int, results: dict[str, Series], target: float) -> Row:
    def cell(name: str, series: Series) -> Cell:
        value = size / series.cpu if series.cpu and series.cpu > 0 else None
        return Cell(name, value, series=series)

    cells = [cell(name, series) for name, series in results.items()]
    return Row(what, BYTES_PER_CPU_SECOND, cells[0], cells[1:], target)


def _wall_row(what: str, results: dict[str, Series]) -> Row:
    cells = [Cell(name, series.wall, series=series) for name, series in results.items()]
    return Row(what, WALL_SECONDS, cells[0], cells[1:])


def _growth_row(results: dict[str, Series], growth: dict[str, float | None]) -> Row:
    cells = [Cell(name, growth.get(name), series=series) for name, series in results.items()]
    cells.sort(key=lambda cell: cell.tool != "Colophon")
    what = "Second version, one byte inserted in the middle: the store grows by"
    return Row(what, PER_CENT, cells[0], cells[1:], GROWTH_TARGET)


def _stored(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size(size: int) -> str:
    return f"{size >> 30} GiB" if size >= 1 << 30 else f"{size >> 20} MiB"
