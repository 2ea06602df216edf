"""Where the benchmarks work, and the peers that they install there."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.measure import Failed, Usage, run

PYTHON_PEERS: dict[str, list[str]] = {
    "DVC": ["dvc==3.67.1"],
    "Snakemake": ["snakemake==9.27.1"],
    "redun": ["redun==0.44.1"],
    "doit": ["doit==0.37.0"],
    "pandas": ["pandas==3.1.1", "numpy==2.4.6"],
    "nbconvert": ["nbconvert==7.17.2", "ipykernel==7.4.0"],
    "curation": [
        "pyahocorasick==2.3.1", "ahocorasick-rs==1.0.3", "daachorse==0.5.0", "fasttext-predict==0.9.2.4", "numpy==2.4.6",
        "jieba==0.42.1", "pythainlp==5.4.0",
    ],
    "training": ["torch==2.13.0", "torchvision==0.28.0", "numpy==2.4.6", "pillow==13.0.0", "safetensors==0.8.0"],
}
"""Requirements by peer; each has a virtual environment of its own, since they ask for different versions of the same packages."""

DEBIAN_PEERS: dict[str, str] = {"restic": "restic", "bup": "bup"}
"""The package by command."""

STAMPS = "/usr/share/tuxpaint/stamps"

DEBIAN_DATA: dict[str, str] = {
    "/usr/share/wordnet/data.noun": "wordnet-base",
    "/usr/share/dict/american-english-insane": "wamerican-insane",
    "/usr/share/dict/ngerman": "wngerman",
    "/usr/share/dict/french": "wfrench",
    "/usr/share/dict/spanish": "wspanish",
    STAMPS: "tuxpaint-stamps-default",
}
"""The package by one of its files or folders."""


class Workshop:
    """Folders under `.build/bench`, the environment that commands run in, and what is installed."""

    def __init__(self, project: Path, limit: float) -> None:
        """`limit` is the longest that one measured command may take, in seconds."""
        self.root = project / ".build" / "bench"
        self.colophon = project / ".build" / "release" / "colophon"
        self.curation = project / ".build" / "release" / "curation-benchmark"
        self.store = project / ".build" / "release" / "store-benchmark"
        self.training = project / ".build" / "release" / "training-benchmark"
        self.data = project / ".colophon" / "data"
        self.limit = limit
        self._missing: dict[str, str] = {}
        home, temporary = self.root / "home", self.root / "tmp"
        for folder in (home, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "TMPDIR": str(temporary),
            "PIP_CACHE_DIR": str(self.root / "pip"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(home / "dvc"),
        }
        self.environment.pop("PYTHONPATH", None)

    def fresh(self, *names: str) -> Path:
        """An empty folder under `.build/bench/work`."""
        folder = self.root.joinpath("work", *names)
        remove(folder)
        folder.mkdir(parents=True)
        return folder

    def run(self, command: Sequence[str | Path], folder: Path, *, limit: float | None = None, **variables: str) -> Usage:
        """Runs a command in this workshop's environment and returns its cost; `limit` is for one that takes long."""
        return run(command, folder, {**self.environment, **variables}, limit or self.limit)

    def install(self, peers: Sequence[str]) -> None:
        """Installs the peers, and files of Debian's data packages, that are missing. What fails is remembered and raised by `tool`."""
        names = [name for name in peers if name in PYTHON_PEERS]
        with ThreadPoolExecutor(max_workers=2) as pool:
            failures = list(pool.map(self._install_python, names))
        self._missing.update({name: failure for name, failure in zip(names, failures, strict=True) if failure})
        for name in peers:
            if name in DEBIAN_PEERS and not shutil.which(name) and (failure := self._install_debian(DEBIAN_PEERS[name])):
                self._missing[name] = failure
            if name in DEBIAN_DATA and not Path(name).exists():
                self._install_debian(DEBIAN_DATA[name])

    def tool(self, peer: str, command: str) -> Path:
        """The path of a peer's command. Raises `Failed` when the peer could not be installed."""
        if peer in self._missing:
            raise Failed(self._missing[peer])
        path = self._environment_folder(peer) / "bin" / command if peer in PYTHON_PEERS else shutil.which(command)
        if path is None or not Path(path).exists():
            raise Failed("not installed")
        return Path(path)

    def site_packages(self, peer: str) -> Path:
        """Where a peer's Python packages lie. Raises `Failed` when they could not be installed."""
        self.tool(peer, "python")
        return next(self._environment_folder(peer).glob("lib/python3*/site-packages"))

    def _environment_folder(self, peer: str) -> Path:
        return self.root / "venv" / peer.lower()

    def _install_python(self, peer: str) -> str | None:
        folder = self._environment_folder(peer)
        wanted = " ".join(PYTHON_PEERS[peer])
        stamp = folder / "installed"
        if stamp.exists() and stamp.read_text() == wanted:
            return None
        remove(folder)
        try:
            self._quietly(["python3", "-m", "venv", folder])
            self._quietly([folder / "bin" / "pip", "install", "--quiet", *PYTHON_PEERS[peer]])
        except Failed as failure:
            return f"not installed ({failure})"
        stamp.write_text(wanted)
        return None

    def _install_debian(self, package: str) -> str | None:
        administrator = [] if os.geteuid() == 0 else ["sudo"]
        install = ["apt-get", "install", "-y", "--no-install-recommends", package]
        try:
            try:
                self._quietly([*administrator, *install])
            except Failed:
                self._quietly([*administrator, "apt-get", "update"])
                self._quietly([*administrator, *install])
        except Failed as failure:
            return f"not installed ({failure})"
        return None

    def _quietly(self, command: Sequence[str | Path]) -> None:
        words = [str(word) for word in command]
        environment = {**self.environment, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise Failed(f"there is no {words[0]}") from error
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or ["no message"]
            raise Failed(f"{Path(words[0]).name}: {lines[-1][:160]}") from error


def remove(path: Path) -> None:
    """Removes a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o700)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
