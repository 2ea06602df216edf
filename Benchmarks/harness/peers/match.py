"""Matches texts with entries and counts for each entry how many texts it is in, as one of three libraries does it.

`match.py LIBRARY ENTRIES TEXTS SAVED`: LIBRARY is pyahocorasick, ahocorasick-rs or daachorse; the automaton is saved to SAVED and
loaded again where the library can do that.
"""

import hashlib
import json
import pickle
import sys
from abc import ABC, abstractmethod
from array import array
from pathlib import Path
from typing import Any

from meter import Meter, peak_memory
from reference_rule import spaced_entry, spaced_text


class Library(ABC):
    """How one library is used."""

    automaton: Any

    @abstractmethod
    def build(self, entries: list[str]) -> None:
        """Makes the automaton of spaced entries."""

    @abstractmethod
    def find(self, text: str) -> set[int]:
        """The positions of the entries in a spaced text."""

    def save(self, path: str) -> bool:
        """Writes the automaton; `False` where the library cannot."""
        return False

    def load(self, path: str) -> None:
        """Reads the automaton again."""


class PyAhoCorasick(Library):
    """The reference's library."""

    def build(self, entries: list[str]) -> None:
        import ahocorasick

        self.automaton = ahocorasick.Automaton()
        for number, entry in enumerate(entries):
            self.automaton.add_word(entry, number)
        self.automaton.make_automaton()

    def find(self, text: str) -> set[int]:
        return {number for _, number in self.automaton.iter(text)}

    def save(self, path: str) -> bool:
        self.automaton.save(path, pickle.dumps)
        return True

    def load(self, path: str) -> None:
        import ahocorasick

        self.automaton = ahocorasick.load(path, pickle.loads)


class AhoCorasickRS(Library):
    """Rust's aho-corasick."""

    def build(self, entries: list[str]) -> None:
        from ahocorasick_rs import AhoCorasick

        self.automaton = AhoCorasick(entries, store_patterns=False)

    def find(self, text: str) -> set[int]:
        return {match[0] for match in self.automaton.find_matches_as_indexes(text, overlapping=True)}


class Daachorse(Library):
    """A double array in Rust; character by character."""

    def build(self, entries: list[str]) -> None:
        from daachorse import CharwiseDoubleArrayAhoCorasick

        self.automaton = CharwiseDoubleArrayAhoCorasick(entries)

    def find(self, text: str) -> set[int]:
        return {match[2] for match in self.automaton.find_overlapping(text)}

    def save(self, path: str) -> bool:
        Path(path).write_bytes(self.automaton.serialize())
        return True

    def load(self, path: str) -> None:
        from daachorse import CharwiseDoubleArrayAhoCorasick

        self.automaton = CharwiseDoubleArrayAhoCorasick.deserialize(Path(path).read_bytes())


LIBRARIES: dict[str, type[Library]] = {
    "pyahocorasick": PyAhoCorasick, "ahocorasick-rs": AhoCorasickRS, "daachorse": Daachorse}


def main() -> None:
    name, entries_path, texts_path, saved = sys.argv[1:]
    library = LIBRARIES[name]()
    entries = Path(entries_path).read_text(encoding="utf-8").split("\n")[:-1]
    meter = Meter()
    with meter.of("compile"):
        library.build([spaced_entry(entry) for entry in entries])
    counts = array("q", bytes(8 * len(entries)))
    texts = matched = 0
    with meter.of("match"), open(texts_path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            texts += 1
            found = library.find(spaced_text(line.removesuffix("\n")))
            if found:
                matched += 1
            for number in found:
                counts[number] += 1
    findings = meter.findings
    findings["peakMemory"] = peak_memory()
    if library.save(saved):
        library.automaton = None
        with meter.of("open"):
            library.load(saved)
        Path(saved).unlink()
    findings |= {
        "entries": len(entries),
        "texts": texts,
        "bytes": Path(texts_path).stat().st_size,
        "matchedTexts": matched,
        "matches": sum(counts),
        "counts": hashlib.sha256(counts.tobytes()).hexdigest(),
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
