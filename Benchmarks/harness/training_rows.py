"""Steps of a training, reading of pictures and ranking of embeddings, beside PyTorch and NumPy."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.curation_probe import Probe, measure
from harness.measure import Failed, Series
from harness.table import BYTES, PICTURES_PER_SECOND, WALL_SECONDS, Cell, Row
from harness.workshop import STAMPS, Workshop

THREADS = 2

ENVIRONMENT = {"GOMP_SPINCOUNT": "1000", "OMP_NUM_THREADS": str(THREADS), "OPENBLAS_NUM_THREADS": str(THREADS)}
"""For all contenders. By default threads wait busily for each other, which on a machine with other work would make the peers' steps ten
times longer and more; Colophon sets this count itself."""

PEERS = {
    "PyTorch, fused attention": ("fused", "eager"),
    "PyTorch, matmul attention": ("matmul", "eager"),
    "torch.compile, fused attention": ("fused", "default"),
    "torch.compile, matmul attention": ("matmul", "default"),
    "torch.compile max-autotune, fused attention": ("fused", "max-autotune"),
}
"""What attention is computed with, and how the model is compiled. The first is what the targets refer to."""

FACTORS = {"float32": 1.3, "bfloat16": 1.4}
"""How many times faster than the first peer a step is to be."""

SAME_LOSS = {"float32": 1e-3, "bfloat16": 5e-2}
"""How much the losses of the same step may differ; bfloat16 has eight bits, which each library rounds to at other places."""

CHECKED = 4
"""Steps whose losses are compared, and which warm up."""

SAME_HITS = 0.002
"""The share of hits by which two rankings may differ: where two cosines are all but equal, rounding decides."""

RANKERS = {"NumPy": "numpy-count", "NumPy, argpartition": "numpy-argpartition", "PyTorch, topk": "torch-topk"}

LOADED = (224, 256)
"""The side of the pictures that are loaded, and how many a batch has."""

LOADING_FACTOR = 2
"""How many times faster pictures are to be loaded than by a DataLoader that decodes them whole."""

SAME_MEAN = 0.03
"""How much the means of all loaded values may differ: the crops are drawn at random."""

PICTURES_VERSION = 1
"""Raised whenever the same number of pictures is to give another shard."""


@dataclass(frozen=True)
class Sizes:
    """How much is computed: `workload` is known to the program; queries and candidates to rank one way and both ways; pictures that
    there are to load, and how many are loaded."""

    workload: str
    timed: int
    one_way: tuple[int, int]
    both_ways: tuple[int, int]
    dimension: int
    rankings: int
    stored: int
    loaded: int


FULL = Sizes("full", timed=3, one_way=(10_000, 1_000), both_ways=(5_000, 5_000), dimension=512, rankings=5, stored=2_048, loaded=2_048)
QUICK = Sizes("quick", timed=3, one_way=(1_000, 100), both_ways=(500, 500), dimension=64, rankings=2, stored=256, loaded=512)


class TrainingBench:
    """One measurement of everything, in a workshop."""

    def __init__(self, workshop: Workshop, quick: bool, repetitions: int, budget: float) -> None:
        self.workshop = workshop
        self.sizes = QUICK if quick else FULL
        self.repetitions = repetitions
        self.budget = budget
        self.folder = workshop.fresh("training")
        self.program = workshop.training
        self.peers = Path(__file__).resolve().parent / "peers"

    def rows(self) -> list[Row]:
        """All rows."""
        preparation = Probe("Colophon", lambda: [self.program, "prepare", self.sizes.workload, self.folder], "")
        try:
            facts = preparation.facts(self.workshop, self.folder)
        except Failed as failure:
            return [Row("Training", WALL_SECONDS, Cell("Colophon", None, series=Series(failure=str(failure))))]
        what = (
            f"A training step: {facts['layers']} + {facts['layers']} layers, width {facts['width']}, {facts['batch']} pictures of"
            f" {facts['pictureSize']} px in patches of 8, a caption each of {facts['pieces']:.1f} pieces on average"
            f" (context {facts['context']}, vocabulary {facts['vocabulary']:,}), AdamW, {THREADS} threads")
        rows: list[Row] = []
        for precision in FACTORS:
            rows += self._step_rows(what, precision)
            what = "The same step"
        for name, part in (("Loading of pictures", self._loading_rows), ("Ranking", self._ranking_rows)):
            # What was measured before is kept.
            try:
                rows += part()
            except Failed as failure:
                rows.append(Row(name, WALL_SECONDS, Cell("Colophon", None, series=Series(failure=str(failure)))))
        return rows

    def _step_rows(self, what: str, precision: str) -> list[Row]:
        sizes = self.sizes
        counts = [str(THREADS), str(CHECKED), str(sizes.timed)]
        ours = Probe("Colophon", lambda: [self.program, "step", sizes.workload, precision, *counts], "step")

        def peer(name: str, attention: str, mode: str) -> Probe:
            return Probe(
                name, lambda: [*self._python("train.py"), self.folder, attention, mode, precision, *counts], "step")

        peers = [peer(name, *kind) for name, kind in PEERS.items()]
        measure(self.workshop, self.folder, [ours, *peers], self.repetitions, self.budget, **ENVIRONMENT)
        _expect_close([ours, *peers], "losses", lambda value: SAME_LOSS[precision])
        first = peers[0].series.wall
        fastest = min((peer.series.wall for peer in peers if peer.series.wall is not None), default=None)
        targets = [first / FACTORS[precision] if first else None, fastest]
        least = [peer.median(lambda run: run["peakMemory"]) for peer in peers]
        return [
            Row(
                f"{what}, {precision}; texts packed without padding, and only pooled tokens behind the last attention (wall;"
                f" {CHECKED} losses equal to those of the peers, which pad texts to the context)",
                WALL_SECONDS, _wall_cell(ours), [_wall_cell(peer) for peer in peers],
                min((target for target in targets if target is not None), default=None)),
            Row(
                "Memory of that step (peak)", BYTES, _memory_cell(ours), [_memory_cell(peer) for peer in peers],
                min((value for value in least if value is not None), default=None)),
        ]

    def _loading_rows(self) -> list[Row]:
        sizes = self.sizes
        side, batch = LOADED
        cores = len(os.sched_getaffinity(0))
        shard = self.workshop.root / "pictures" / f"{sizes.stored}-{PICTURES_VERSION}" / "pictures.tar"
        what = (
            f"Loading of {side} px pictures from a shard of {sizes.stored:,} JPEG files of 400 to 640 px, a random 0.9 to 1 of each,"
            f" {batch} a batch, {cores} cores, opening included")
        if not shard.exists():
            shard.parent.mkdir(parents=True, exist_ok=True)
            try:
                making = Probe("Pillow", lambda: [*self._python("pictures.py"), STAMPS, shard, str(sizes.stored)], "")
                making.facts(self.workshop, self.folder)
            except Failed as failure:
                return [Row(what, PICTURES_PER_SECOND, Cell("Colophon", None, series=Series(failure=str(failure))))]
        counts = [str(side), str(batch), str(sizes.loaded)]
        ours = Probe("Colophon", lambda: [self.program, "load", shard.parent, *counts], "load")

        def peer(name: str, decoding: str, workers: int) -> Probe:
            return Probe(name, lambda: [*self._python("load.py"), shard, decoding, str(workers), *counts], "load")

        peers = [
            peer(f"DataLoader and Pillow, {cores} workers", "whole", cores),
            peer("DataLoader and Pillow, no workers", "whole", 0),
            peer(f"DataLoader and Pillow's draft, {cores} workers", "draft", cores),
        ]
        measure(self.workshop, self.folder, [ours, *peers], self.repetitions, self.budget, **ENVIRONMENT)
        _expect_close([ours, *peers], "means", lambda value: SAME_MEAN)
        rates = [_rate_cell(probe) for probe in peers]
        whole = [cell.value for cell in rates[:2] if cell.value is not None]
        targets = [cell.value for cell in rates if cell.value is not None] + [LOADING_FACTOR * value for value in whole]
        least = [value for value in (probe.median(lambda run: run["peakMemory"]) for probe in peers) if value is not None]
        return [
            Row(what, PICTURES_PER_SECOND, _rate_cell(ours), rates, max(targets, default=None)),
            Row(
                "Memory of that (peak; of the peers the most after a batch, workers included)", BYTES, _memory_cell(ours),
                [_memory_cell(probe) for probe in peers], min(least, default=None)),
        ]

    def _ranking_rows(self) -> list[Row]:
        sizes = self.sizes
        texts = {
            "one": "{queries:,} embeddings classified among {candidates:,} of dimension {dimension}: top-1, top-5 and top-10 (wall)",
            "both": "Retrieval among {queries:,} and {candidates:,} embeddings of dimension {dimension}, both ways: R@1, R@5 and R@10"
            " (wall)",
        }
        rows: list[Row] = []
        for ways, text in texts.items():
            queries, candidates = sizes.one_way if ways == "one" else sizes.both_ways
            folder = self.workshop.fresh("training", f"ranking-{ways}")
            dimension = str(sizes.dimension)
            making = Probe("Colophon", lambda: [self.program, "embeddings", folder, dimension, str(queries), str(candidates)], "")
            making.facts(self.workshop, folder)
            arguments: list[str | Path] = [ways, folder, dimension, str(THREADS), str(sizes.rankings)]
            ours = Probe("Colophon", lambda: [self.program, "rank", *arguments], "rank")

            def peer(name: str, library: str) -> Probe:
                return Probe(name, lambda: [*self._python("rank.py"), library, *arguments], "rank")

            peers = [peer(name, library) for name, library in RANKERS.items()]
            measure(self.workshop, folder, [ours, *peers], self.repetitions, self.budget, **ENVIRONMENT)
            _expect_close([ours, *peers], "hits", lambda value: max(2, SAME_HITS * value))
            fastest = min((peer.series.wall for peer in peers if peer.series.wall is not None), default=None)
            what = text.format(queries=queries, candidates=candidates, dimension=sizes.dimension)
            rows += [
                Row(f"{what}, {THREADS} threads", WALL_SECONDS, _wall_cell(ours), [_wall_cell(peer) for peer in peers], fastest),
                Row("Memory of that (peak)", BYTES, _memory_cell(ours), [_memory_cell(peer) for peer in peers]),
            ]
        return rows

    def _python(self, script: str) -> list[str | Path]:
        return [self.workshop.tool("training", "python"), self.peers / script]


def training_rows(workshop: Workshop, quick: bool, repetitions: int, budget: float) -> list[Row]:
    """Measures everything about training and ranking."""
    return TrainingBench(workshop, quick, repetitions, budget).rows()


def _expect_close(probes: Sequence[Probe], name: str, allowed: Callable[[float], float]) -> None:
    """Makes a failure of every probe whose list of this name differs by more than `allowed` from the first one's."""
    first = probes[0].last
    for probe in probes[1:]:
        if not first or not probe.last:
            continue
        left, right = first[name], probe.last[name]
        if len(left) != len(right) or any(not abs(one - other) <= allowed(one) for one, other in zip(left, right, strict=True)):
            probe.series.failure = f"{name} are {_list(right)} instead of {_list(left)}"


def _list(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _wall_cell(probe: Probe) -> Cell:
    ways = sorted({run["optimizer"] + " AdamW" for run in probe.runs if "optimizer" in run})
    return Cell(probe.name, probe.series.wall, ", ".join(ways), probe.series)


def _rate_cell(probe: Probe) -> Cell:
    wall = probe.series.wall
    return Cell(probe.name, probe.last["pictures"] / wall if wall and probe.last else None, series=probe.series)


def _memory_cell(probe: Probe) -> Cell:
    return Cell(probe.name, probe.median(lambda run: run["peakMemory"]), series=probe.series)
