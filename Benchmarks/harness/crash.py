"""The command `Benchmarks/crash`: kills at random instants over writing, pushing, pulling and collecting garbage."""

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

from harness.workshop import remove

PROJECT = Path(__file__).resolve().parents[2]
CHECK_EVERY = 50
"""Kills between two checks of everything that was said to be durable."""


class Arena:
    """A project, a bare repository that it pushes to, and a second project that pulls from there."""

    def __init__(self, program: Path, folder: Path, seed: int) -> None:
        self.program, self.folder, self.random = program, folder, random.Random(seed)
        self.ours, self.hub, self.theirs, self.said = folder / "ours", folder / "hub.git", folder / "theirs", folder / "said"
        remove(folder)
        for place in (self.ours, self.theirs):
            place.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "--bare", self.hub], check=True)
        self.said.touch()

    def step(self, name: str) -> list[str | Path]:
        """The command of a step."""
        words: dict[str, list[str | Path]] = {
            "write": ["write", self.ours, self.said],
            "push": ["push", self.ours, self.hub],
            "pull": ["pull", self.theirs, self.hub],
            "gc": ["gc", self.ours],
        }
        return [self.program, *words[name]]

    def kill(self, name: str) -> bool:
        """Starts a step and kills it, and what it started, at a random instant; whether it was still going on."""
        process = subprocess.Popen(
            [str(word) for word in self.step(name)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(self.random.uniform(0.005, 0.35 if name == "write" else 0.2))
        alive = process.poll() is None
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=False, stderr=subprocess.DEVNULL)
        process.wait()
        return alive

    def check(self) -> str | None:
        """What is wrong; nothing, when everything that was said to be durable is there and git finds no fault."""
        for repository in (self.ours / "Artifacts/store.git", self.theirs / "Artifacts/store.git", self.hub):
            if not repository.exists():
                continue
            done = subprocess.run(
                ["git", "--git-dir", repository, "fsck", "--full", "--strict", "--no-dangling"], capture_output=True, text=True)
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line and not line.startswith("notice:")]
            if done.returncode or lines:
                return f"git fsck of {repository}: {lines[:3]}"
        for words in (["check", self.ours, self.said], ["fsck", self.ours], ["fsck", self.theirs]):
            done = subprocess.run([self.program, *words], capture_output=True, text=True)
            if done.returncode:
                return f"{words[0]}: {done.stderr.strip().splitlines()[-1:]}"
        return None

    def finish(self) -> str | None:
        """An exchange that nobody kills works after all that; what it moves is checked."""
        for name in ("push", "pull", "gc"):
            done = subprocess.run(self.step(name), capture_output=True, text=True)
            if done.returncode:
                return f"{name}: {done.stderr.strip().splitlines()[-1:]}"
        remove(self.ours / ".colophon")
        done = subprocess.run([self.program, "check", self.theirs, self.said], capture_output=True, text=True)
        return self.check() if done.returncode == 0 else f"the other project: {done.stderr.strip().splitlines()[-1:]}"


def main() -> int:
    """Kills, checks, prints one line; returns 1 when something was lost or damaged."""
    parser = argparse.ArgumentParser(prog="Benchmarks/crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--program", type=Path, default=PROJECT / ".build/release/store-benchmark")
    parser.add_argument("--folder", type=Path, default=PROJECT / ".build/bench/work/crash")
    options = parser.parse_args()
    arena = Arena(options.program, options.folder, options.seed)
    counts: dict[str, int] = {}
    finished = 0
    for number in range(1, options.kills + 1):
        name = arena.random.choice(["write", "write", "push", "pull", "gc", "gc"])
        counts[name] = counts.get(name, 0) + 1
        finished += not arena.kill(name)
        if number % CHECK_EVERY == 0:
            print(f"{number} kills", file=sys.stderr, flush=True)
            if fault := arena.check():
                print(f"seed {options.seed}, after {number} kills: {fault}")
                return 1
    fault = arena.check() or arena.finish()
    results = len(arena.said.read_text().split())
    told = ", ".join(f"{count} over {name}" for name, count in sorted(counts.items()))
    print(fault or f"{options.kills} kills ({told}; {finished} steps were faster): all {results} results there, git fsck clean")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
