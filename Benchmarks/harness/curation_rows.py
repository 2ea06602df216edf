"""Matching, n-gram counting and the whole curation, beside the libraries that the reference uses and their relatives."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.curation_data import FULL, QUICK, CurationData, Sizes, Texts
from harness.curation_probe import Probe, expect_equal, measure
from harness.measure import Failed, Series
from harness.table import (
    BYTES, BYTES_PER_CPU_SECOND, CPU_SECONDS, TEXTS_PER_CPU_SECOND, TEXTS_PER_SECOND, WALL_SECONDS, Cell, Row, Unit)
from harness.workshop import Workshop

MATCHERS = ("pyahocorasick", "ahocorasick-rs", "daachorse")
"""The first is the reference's."""

MATCH_TARGETS = {"en": 1_000_000.0, "zh": 300_000.0, "th": 300_000.0}
"""Texts per CPU second."""

NAMES = {"en": "English", "zh": "Chinese", "th": "Thai"}
MEMORY_TARGET = 150e6
COMPILE_TARGET = 1.0
OPEN_TARGET = 0.05
NGRAM_TARGET = 20e6
CURATION_FACTOR = 5.0
"""How many times faster than Python the whole curation is to be."""

SMALL_MEMORY = 128
"""MiB that n-gram counting has in the row about little memory: a fraction of what the counts of the text take."""

SAME_LABELS = 0.001
"""The share of matches by which two curations may differ: where two labels are all but equally probable, rounding decides."""

SAME_SAMPLE = 0.02
"""The share of texts by which their samples may differ: they draw other random numbers."""

PREPARED = ("metadata", "index", "model")
"""The parts of a curation that are done once for any number of pairs."""


class CurationBench:
    """One measurement of everything, in a workshop."""

    def __init__(self, workshop: Workshop, quick: bool, repetitions: int, budget: float) -> None:
        self.workshop = workshop
        self.sizes: Sizes = QUICK if quick else FULL
        self.repetitions = repetitions
        self.budget = budget
        self.folder = workshop.fresh("curation")
        self.program = workshop.curation
        self.peers = Path(__file__).resolve().parent / "peers"
        self.model = workshop.data / "lid.176.ftz"

    def rows(self) -> list[Row]:
        """All rows. Without its data, which takes packages of others, one row that says why."""
        try:
            packages = self.workshop.site_packages("curation")
            self.data = CurationData(
                self.workshop.root / "data" / ("quick" if self.sizes is QUICK else "full"), self.sizes,
                self.workshop.data / "ShortTexts", packages)
            self.data.make()
        except Failed as failure:
            return [Row("Curation", TEXTS_PER_CPU_SECOND, Cell("Colophon", None, series=Series(failure=str(failure))))]
        rows: list[Row] = []
        for language in NAMES:
            rows += self._matching_rows(language)
        return rows + self._ngram_rows() + self._curation_rows()

    def _matching_rows(self, language: str) -> list[Row]:
        texts = self.data.texts(language)
        index = self.folder / f"{language}.index"
        compiling = Probe("Colophon", lambda: [self.program, "compile", texts.entries, index], "compile")
        measure(self.workshop, self.folder, [compiling], self.repetitions, self.budget)
        ours = Probe("Colophon", lambda: [self.program, "match", index, texts.texts], "match")
        sample = Probe("Colophon on the peers' texts", lambda: [self.program, "match", index, texts.sample], "match")
        peers = [Probe(name, self._match_command(name, texts), "match") for name in MATCHERS]
        measure(self.workshop, self.folder, [ours, *peers], self.repetitions, self.budget)
        measure(self.workshop, self.folder, [sample], 1, self.budget)
        expect_equal([sample, *peers], ["entries", "texts", "matchedTexts", "matches", "counts"])
        if sample.series.failure is not None:
            ours.series.failure = sample.series.failure
        entries = f"{ours.last.get('entries', self.sizes.entries):,} {NAMES[language]} entries"
        rows = [
            Row(
                f"Texts matched with {entries} and counted, {_mean_size(ours)} (a core; counts equal on"
                f" {sample.last.get('texts', 0):,} texts)",
                TEXTS_PER_CPU_SECOND, _rate_cell(ours, "texts", with_bytes=True),
                [_rate_cell(peer, "texts", with_bytes=True) for peer in peers], MATCH_TARGETS[language]),
            _figure_row(
                f"Memory while matching with {entries} (peak)", BYTES, ours, peers, lambda run: run["peakMemory"], MEMORY_TARGET),
        ]
        if language == "en":
            rows += [
                Row(
                    f"Compiling {entries}, read before (CPU)", CPU_SECONDS, _figure_cell(compiling, lambda run: run["compileCPU"]),
                    [_figure_cell(peer, lambda run: run["compileCPU"]) for peer in peers], COMPILE_TARGET),
                Row(
                    f"The compiled index of {entries} opened, until it is ready (wall)", WALL_SECONDS,
                    _figure_cell(ours, lambda run: run["openWall"]),
                    [
                        _figure_cell(peer, lambda run: run["openWall"])
                        for peer in peers if not peer.last or "openWall" in peer.last
                    ], OPEN_TARGET),
            ]
        return rows

    def _match_command(self, name: str, texts: Texts) -> Callable[[], list[str | Path]]:
        def command() -> list[str | Path]:
            saved = self.folder / f"{name}.saved"
            return [self.workshop.tool("curation", "python"), self.peers / "match.py", name, texts.entries, texts.sample, saved]

        return command

    def _ngram_rows(self) -> list[Row]:
        text, sample = self.data.running_text, self.data.running_sample
        count: list[str | Path] = [self.program, "ngrams"]
        ours = Probe("Colophon", lambda: [*count, text, "en", "1"], "count")
        small = Probe("Colophon, little memory", lambda: [*count, text, "en", "1", str(SMALL_MEMORY)], "count")
        short = Probe("Colophon on the peer's text", lambda: [*count, sample, "en", "1"], "count")
        peer = Probe(
            "Python's Counter",
            lambda: [self.workshop.tool("curation", "python"), self.peers / "ngrams.py", sample / "en.txt"], "count")
        measure(self.workshop, self.folder, [ours, small, short, peer], self.repetitions, self.budget)
        numbers = ["words", "unigrams", "bigrams", "wordPairs"]
        expect_equal([short, peer], numbers)
        expect_equal([ours, small], numbers)
        if short.series.failure is not None:
            ours.series.failure = short.series.failure
        last = ours.last
        size = (
            f"{last.get('words', 0) / 1e6:.3g} million words, {last.get('unigrams', 0) / 1e3:.3g} thousand distinct, "
            f"{last.get('bigrams', 0) / 1e6:.2g} million distinct pairs")
        return [
            Row(
                f"N-grams counted: {size} (a core)", BYTES_PER_CPU_SECOND, _rate_cell(ours, "bytes"),
                [_rate_cell(peer, "bytes")], NGRAM_TARGET),
            _figure_row("The same, memory (peak)", BYTES, ours, [], lambda run: run["peakMemory"]),
            Row(
                f"The same with a limit of {SMALL_MEMORY} MiB, through sorted files (a core)", BYTES_PER_CPU_SECOND,
                _rate_cell(small, "bytes"), [], NGRAM_TARGET),
            _figure_row("The same, memory (peak)", BYTES, small, [], lambda run: run["peakMemory"]),
        ]

    def _curation_rows(self) -> list[Row]:
        data = self.data

        def ours(threads: int) -> Probe:
            command: list[str | Path] = [
                self.program, "curate", data.pairs, data.metadata, self.model, self.folder / "curated", str(threads)]
            return Probe(f"Colophon, {threads} thread{'s' if threads > 1 else ''}", lambda: command, "total")

        one, two = ours(1), ours(2)
        python = Probe(
            "Python, the reference's libraries",
            lambda: [
                self.workshop.tool("curation", "python"), self.peers / "curate.py", data.pairs, data.metadata, self.model,
                self.folder / "curated.jsonl",
            ], "total")
        measure(self.workshop, self.folder, [one, two, python], self.repetitions, self.budget)
        expect_equal([one, two], ["texts", "matches", "thresholds", "keptTexts", "keptPairs"])
        _expect_alike(one, python)
        texts = sum(one.last.get("texts", {}).values())
        languages = len(one.last.get("thresholds", {}))
        what = f"The whole curation of {texts:,} texts in {languages} languages, JSON Lines in and out, metadata compiled"
        cpu = _figure_cell(one, _texts_per("CPU"), f"{_seconds(one, 'CPU')} CPU")
        wall = _figure_cell(one, _texts_per("Wall"))
        theirs_cpu = _figure_cell(python, _texts_per("CPU"), f"{_seconds(python, 'CPU')} CPU")
        theirs_wall = _figure_cell(python, _texts_per("Wall"))
        return [
            Row(f"{what} (a core)", TEXTS_PER_CPU_SECOND, cpu, [theirs_cpu], _times(theirs_cpu)),
            Row("The same, wall time, one thread", TEXTS_PER_SECOND, wall, [theirs_wall], _times(theirs_wall)),
            Row("The same, wall time, two threads", TEXTS_PER_SECOND, _figure_cell(two, _texts_per("Wall")), [theirs_wall, wall]),
            Row(
                f"Compiling the metadata of {languages} languages (CPU)", CPU_SECONDS,
                _figure_cell(one, lambda run: run["indexCPU"]), [_figure_cell(python, lambda run: run["indexCPU"])]),
            _figure_row("Memory of the whole curation (peak)", BYTES, one, [python], lambda run: run["peakMemory"]),
        ]


def curation_rows(workshop: Workshop, quick: bool, repetitions: int, budget: float) -> list[Row]:
    """Measures everything about curation."""
    return CurationBench(workshop, quick, repetitions, budget).rows()


def _expect_alike(ours: Probe, peer: Probe) -> None:
    """Makes a failure of two curations whose counts differ by more than rounding, or whose samples do by more than chance."""
    if not ours.last or not peer.last:
        return
    for name, allowed in (("matches", SAME_LABELS), ("keptTexts", SAME_SAMPLE)):
        left, right = (_total(probe.last[name]) for probe in (ours, peer))
        if abs(left - right) > allowed * max(left, right):
            ours.series.failure = peer.series.failure = f"{name}: {left} and {right}"
            return


def _total(figure: int | dict[str, int]) -> int:
    return sum(figure.values()) if isinstance(figure, dict) else figure


def _texts_per(kind: str) -> Callable[[dict[str, Any]], float]:
    """Texts per second of everything but what is done once for any number of pairs."""

    def rate(run: dict[str, Any]) -> float:
        texts: int = sum(run["texts"].values())
        return texts / _spent(run, kind)

    return rate


def _spent(run: dict[str, Any], kind: str) -> float:
    """Seconds of a curation without what is prepared."""
    return float(run["total" + kind] - sum(run.get(part + kind, 0) for part in PREPARED))


def _seconds(probe: Probe, kind: str) -> str:
    value = probe.median(lambda run: _spent(run, kind))
    return "" if value is None else CPU_SECONDS.write(value)


def _times(peer: Cell) -> float | None:
    return None if peer.value is None else CURATION_FACTOR * peer.value


def _mean_size(probe: Probe) -> str:
    return f"{probe.last['bytes'] / max(1, probe.last['texts']):.0f} bytes each" if probe.last else "of 4 to 16 words"


def _rate_cell(probe: Probe, unit: str, with_bytes: bool = False) -> Cell:
    """Texts or bytes per second of the processor."""
    seconds = probe.series.cpu
    if not seconds or not probe.last:
        return Cell(probe.name, None, series=probe.series)
    remark = BYTES_PER_CPU_SECOND.write(probe.last["bytes"] / seconds) if with_bytes else ""
    return Cell(probe.name, probe.last[unit] / seconds, remark, probe.series)


def _figure_cell(probe: Probe, figure: Callable[[dict[str, Any]], float], remark: str = "") -> Cell:
    return Cell(probe.name, probe.median(figure), remark, probe.series)


def _figure_row(
    what: str, unit: Unit, ours: Probe, peers: Sequence[Probe], figure: Callable[[dict[str, Any]], float],
    target: float | None = None
) -> Row:
    return Row(what, unit, _figure_cell(ours, figure), [_figure_cell(peer, figure) for peer in peers], target)
