"""From an edit of a notebook's prose to a fresh report."""

import itertools
import json
from pathlib import Path

from harness.chains import ColophonChain
from harness.measure import Contender, Failed, Series, Usage, interleave
from harness.table import WALL_SECONDS, Cell, Row
from harness.workshop import Workshop

TARGET = 0.5
"""Wall seconds."""


class JupyterNotebook:
    """The same loop in a Jupyter notebook, executed into an HTML page."""

    name = "nbconvert --execute"

    def __init__(self, workshop: Workshop, length: int) -> None:
        self.workshop = workshop
        self.length = length
        self.folder = workshop.fresh("prose", "nbconvert")
        self.page = self.folder / "chain.html"

    def edit(self, sentence: str) -> None:
        """Writes the notebook with this sentence as its prose."""
        code = f"x = 0\nfor i in range({self.length}):\n    x = x + i\nx"
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "cells": [
                {"cell_type": "markdown", "id": "prose", "metadata": {}, "source": sentence},
                {
                    "cell_type": "code", "id": "chain", "metadata": {}, "source": code, "outputs": [],
                    "execution_count": None,
                },
            ],
        }
        (self.folder / "chain.ipynb").write_text(json.dumps(notebook))

    def run(self) -> Usage:
        """Executes the notebook and writes its page."""
        program = self.workshop.tool("nbconvert", "jupyter-nbconvert")
        return self.workshop.run([program, "--execute", "--to", "html", "chain.ipynb"], self.folder)


def prose_rows(workshop: Workshop, length: int, repetitions: int, budget: float) -> list[Row]:
    """Measures with a notebook of `length` trivial stages."""
    chain = ColophonChain(workshop, length)
    chain.write()
    notebook = JupyterNotebook(workshop, length)
    numbers = itertools.count(1)

    def measure(source: ColophonChain | JupyterNotebook, page: Path) -> Usage:
        sentence = f"Sentence number {next(numbers)} of this notebook."
        source.edit(sentence)
        usage = source.run()
        if sentence not in page.read_text():
            raise Failed("the report does not have the new sentence")
        return usage

    report = chain.folder / "Artifacts" / "chain" / "report.html"
    contenders = [Contender("Colophon", lambda: measure(chain, report))]
    first = interleave(contenders, 1, budget)["Colophon"]
    if first.failure is not None:
        contenders = []
    contenders.append(Contender(notebook.name, lambda: measure(notebook, notebook.page)))
    results: dict[str, Series] = {"Colophon": first} | interleave(contenders, repetitions, budget)
    cells = [Cell(name, series.wall, series=series) for name, series in results.items()]
    what = f"A sentence changed in a notebook of {length} stages, until the report is fresh (wall)"
    return [Row(what, WALL_SECONDS, cells[0], cells[1:], TARGET)]
