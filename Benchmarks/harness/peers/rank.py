"""Ranks the candidates of each query by their cosine, with NumPy or PyTorch.

`rank.py LIBRARY WAYS FOLDER DIMENSION THREADS REPETITIONS`: LIBRARY is numpy-count, numpy-argpartition or torch-topk; WAYS is one, or both
for the queries of each candidate too; FOLDER has queries.f32 and candidates.f32. The right candidate of query i is i modulo their
number.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from meter import forget_peak_memory, median, peak_memory

LIMITS = (1, 5, 10)
"""The first so many candidates."""

Hits = list[float]


def by_count(cosines: np.ndarray, correct: np.ndarray) -> Hits:
    """By how many candidates are nearer than the right one."""
    own = cosines[np.arange(len(cosines)), correct]
    places = np.count_nonzero(cosines > own[:, None], axis=1)
    return [float((places < limit).sum()) for limit in LIMITS]


def by_argpartition(cosines: np.ndarray, correct: np.ndarray) -> Hits:
    """By the nearest candidates, which are sorted among themselves."""
    most = LIMITS[-1]
    nearest = np.argpartition(cosines, -most, axis=1)[:, -most:]
    order = np.argsort(-np.take_along_axis(cosines, nearest, 1), axis=1)
    hits = np.take_along_axis(nearest, order, 1) == correct[:, None]
    return [float(hits[:, :limit].any(1).sum()) for limit in LIMITS]


def with_numpy(count: Callable[[np.ndarray, np.ndarray], Hits], both: bool) -> Callable[[np.ndarray, np.ndarray], Hits]:
    """One product for both ways."""

    def rank(queries: np.ndarray, candidates: np.ndarray) -> Hits:
        cosines = queries @ candidates.T
        hits = count(cosines, np.arange(len(queries)) % len(candidates))
        return hits + count(cosines.T, np.arange(len(candidates))) if both else hits

    return rank


def with_torch(both: bool, threads: int) -> Callable[[np.ndarray, np.ndarray], Hits]:
    """One product for both ways, and the nearest of each."""
    import torch

    torch.set_num_threads(threads)

    def count(cosines: torch.Tensor, correct: torch.Tensor) -> Hits:
        hits = cosines.topk(LIMITS[-1], 1).indices == correct[:, None]
        return [float(hits[:, :limit].any(1).sum()) for limit in LIMITS]

    def rank(queries: np.ndarray, candidates: np.ndarray) -> Hits:
        cosines = torch.from_numpy(queries) @ torch.from_numpy(candidates).T
        hits = count(cosines, torch.arange(len(queries)) % len(candidates))
        return hits + count(cosines.T, torch.arange(len(candidates))) if both else hits

    return rank


def main() -> None:
    library, ways, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    dimension, threads, repetitions = (int(word) for word in sys.argv[4:7])
    both = ways == "both"
    rankers = {
        "numpy-count": lambda: with_numpy(by_count, both),
        "numpy-argpartition": lambda: with_numpy(by_argpartition, both),
        "torch-topk": lambda: with_torch(both, threads),
    }
    rank = rankers[library]()
    queries, candidates = (
        np.fromfile(folder / f"{name}.f32", dtype=np.float32).reshape(-1, dimension) for name in ("queries", "candidates"))
    cpu: list[float] = []
    wall: list[float] = []
    hits: Hits = []
    for repetition in range(repetitions + 1):
        if repetition == 1:
            forget_peak_memory()
        before = time.process_time(), time.monotonic()
        hits = rank(queries, candidates)
        if repetition > 0:
            cpu.append(time.process_time() - before[0])
            wall.append(time.monotonic() - before[1])
    findings = {
        "rankCPU": median(cpu), "rankWall": median(wall), "peakMemory": peak_memory(), "queries": len(queries),
        "candidates": len(candidates), "hits": hits,
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
