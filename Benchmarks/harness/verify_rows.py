"""What it costs to verify, beside running the same notebook with nothing stored."""

import shutil
from pathlib import Path

from harness.chains import ColophonChain
from harness.measure import Contender, Usage, interleave
from harness.table import WALL_SECONDS, Cell, Row
from harness.workshop import Workshop, remove

OVERHEAD = 1.05
"""The longest that verifying may take, in times of a first run."""

LIMIT = 900
"""Wall seconds that one run of the curation notebook may take."""

SAMPLE = 1_000
"""Stamps that the curation notebook is measured on: less than a minute a run, three quarters of it in stages of seconds."""


class Review:
    """A project with a notebook, run once, so that it has a lock, and its program is compiled."""

    def __init__(self, workshop: Workshop, name: str, folder: Path, notebook: str) -> None:
        self.workshop = workshop
        self.name = name
        self.folder = folder
        self.notebook = notebook
        self.first()

    def _run(self, *words: str) -> Usage:
        return self.workshop.run([self.workshop.colophon, *words, self.notebook], self.folder, limit=LIMIT)

    def first(self) -> Usage:
        """Runs with nothing stored; the compiled program stays."""
        for path in ("Artifacts/store.git", ".colophon/index.sqlite", ".colophon/content", ".colophon/partial"):
            remove(self.folder / path)
        for path in (self.folder / ".colophon").glob("index.sqlite*"):
            remove(path)
        return self._run("run")

    def verify(self) -> Usage:
        """Verifies; fails unless everything is identical, since the command then ends with status 1."""
        return self._run("verify")


def verify_rows(workshop: Workshop, quick: bool, repetitions: int, budget: float) -> list[Row]:
    """Measures on a chain of trivial stages, which shows what a process and a sandbox cost, and on the curation notebook."""
    rows = []
    chain = ColophonChain(workshop, 10 if quick else 100)
    chain.write()
    rows += _rows(Review(workshop, f"{chain.length} trivial stages, one after the other", chain.folder, "chain.md"), repetitions, budget, 0)
    project = workshop.root.parent.parent
    folder = workshop.fresh("verify", "curation")
    text = (project / "Notebooks" / "curation.md").read_text()
    sample = 150 if quick else SAMPLE
    (folder / "curation.md").write_text(text.replace("  sample: 0\n", f"  sample: {sample}\n"))
    (folder / "Artifacts").mkdir()
    (folder / ".colophon").mkdir()
    (folder / ".colophon" / "data").symlink_to(workshop.data)
    review = Review(workshop, f"the curation notebook on {sample:,} stamps", folder, "curation.md")
    rows += _rows(review, min(repetitions, 3), max(budget, LIMIT), OVERHEAD)
    shutil.rmtree(folder)
    return rows


def _rows(review: Review, repetitions: int, budget: float, overhead: float) -> list[Row]:
    results = interleave(
        [Contender("verify", review.verify), Contender("run, nothing stored", review.first)], repetitions, budget)
    verify, first = results["verify"], results["run, nothing stored"]
    target = first.wall * overhead if first.wall and overhead else None
    return [
        Row(
            f"Verifying {review.name} in a sandbox a stage (wall)", WALL_SECONDS,
            Cell("Colophon", verify.wall, series=verify), [Cell("run, nothing stored", first.wall, series=first)], target)
    ]
