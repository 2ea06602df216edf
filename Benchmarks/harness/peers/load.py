"""Batches of pictures with PyTorch's DataLoader: read from a shard, decoded with Pillow, cropped, resized and normalised.

`load.py SHARD DECODING WORKERS SIZE BATCH COUNT`: SHARD is a tar file of JPEG files; DECODING is whole, or draft for libjpeg's smaller
decoding of pictures that are twice as large as needed; WORKERS is the number of processes besides this one. Cropping and resizing are
those steps of Pillow that torchvision's `RandomResizedCrop` makes of a Pillow picture, without torchvision: its wheel does not load
beside every build of PyTorch.
"""

import io
import json
import math
import random
import resource
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)
"""CLIP's."""

AREAS = (0.9, 1.0)
RATIOS = (3 / 4, 4 / 3)
TRIES = 10
STRIDE = 97
"""Of so many values one is looked at, so that looking takes no time."""

Box = tuple[int, int, int, int]


def crop(width: int, height: int) -> Box:
    """A part of the picture, drawn as torchvision does it: left, top, right and bottom."""
    for _ in range(TRIES):
        area = width * height * random.uniform(*AREAS)
        ratio = math.exp(random.uniform(math.log(RATIOS[0]), math.log(RATIOS[1])))
        columns, rows = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < columns <= width and 0 < rows <= height:
            left, top = random.randint(0, width - columns), random.randint(0, height - rows)
            return left, top, left + columns, top + rows
    columns, rows = width, height
    if width / height < RATIOS[0]:
        rows = round(width / RATIOS[0])
    elif width / height > RATIOS[1]:
        columns = round(height * RATIOS[1])
    left, top = (width - columns) // 2, (height - rows) // 2
    return left, top, left + columns, top + rows


class Shard(IterableDataset[Tensor]):
    """The pictures of a tar file over and over; each worker has its own share of them."""

    def __init__(self, path: Path, size: int, draft: bool) -> None:
        self.path, self.size, self.draft = path, size, draft

    def __iter__(self) -> Iterator[Tensor]:
        worker = get_worker_info()
        own, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        while True:
            with tarfile.open(self.path) as archive:
                for number, member in enumerate(archive):
                    if number % workers == own and (file := archive.extractfile(member)):
                        yield self._decoded(file.read())

    def _decoded(self, encoded: bytes) -> Tensor:
        with Image.open(io.BytesIO(encoded)) as picture:
            if self.draft:
                picture.draft("RGB", (self.size, self.size))
            whole = picture.convert("RGB")
        part = whole.crop(crop(*whole.size)).resize((self.size, self.size), Image.Resampling.BICUBIC)
        values = torch.from_numpy(np.array(part)).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        return values.sub_(MEAN).div_(DEVIATION)


def processor_time() -> float:
    """Seconds of this process and of the workers that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def resident(processes: list[int | str]) -> int:
    """Bytes of these processes; what several share counts once. Source: proc(5), `smaps_rollup`."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) << 10
    return total


def main() -> None:
    path, decoding = Path(sys.argv[1]), sys.argv[2]
    workers, size, batch, count = (int(word) for word in sys.argv[3:7])
    loaded, memory = 0, 0
    means: list[float] = []
    cpu, wall = processor_time(), time.monotonic()
    batches = iter(DataLoader(Shard(path, size, decoding == "draft"), batch_size=batch, num_workers=workers))
    processes: list[int | str] = ["self", *(worker.pid for worker in getattr(batches, "_workers", []))]
    while loaded < count:
        values = next(batches)
        means.append(values.flatten()[::STRIDE].double().mean().item())
        loaded += len(values)
        memory = max(memory, resident(processes))
    wall = time.monotonic() - wall
    del batches
    findings = {
        "loadCPU": processor_time() - cpu, "loadWall": wall, "peakMemory": memory, "pictures": loaded,
        "means": [sum(means) / len(means)], "torch": torch.__version__,
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
