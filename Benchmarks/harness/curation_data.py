"""What curation is measured on: entries and texts, pairs with their metadata, running text. Made once, the same on every machine."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from harness import curation_words as words
from harness.measure import Failed
from harness.workshop import remove

SEED = 20_250_721
VERSION = 2
"""Raised whenever the same sizes are to give other data."""

PAIR_SHARES = {"en": 44, "de": 10, "fr": 10, "es": 10, "zh": 12, "th": 6}
"""Per cent of the pairs' texts; English has its share in the pool of MetaCLIP 2. The other languages have the rest."""

PAIR_FILES = 8
"""How many files the pairs are in."""

WORD_LISTS = {"de": "ngerman", "fr": "french", "es": "spanish"}
"""The word lists of languages that are written with spaces."""

OTHER_LANGUAGES = (
    "ar", "bg", "bn", "cs", "el", "fa", "fi", "he", "hi", "hu", "id", "it", "ko", "nl", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi")
"""Languages with the words of their ShortTexts alone."""


@dataclass(frozen=True)
class Sizes:
    """How much there is of everything; `running_text` and its sample in bytes."""

    entries: int
    texts: int
    spaceless_texts: int
    sample: int
    pairs: int
    running_text: int
    running_sample: int


FULL = Sizes(
    entries=450_000, texts=2_000_000, spaceless_texts=500_000, sample=100_000, pairs=400_000, running_text=220_000_000,
    running_sample=8_000_000)
QUICK = Sizes(
    entries=20_000, texts=20_000, spaceless_texts=5_000, sample=2_000, pairs=4_000, running_text=2_000_000, running_sample=500_000)


@dataclass(frozen=True)
class Texts:
    """Entries, texts to match with them, and the first of the texts, for contenders that would take too long on all."""

    entries: Path
    texts: Path
    sample: Path


class CurationData:
    """The files, in a folder."""

    def __init__(self, folder: Path, sizes: Sizes, short_texts: Path, packages: Path) -> None:
        """`short_texts` has running text by language, `packages` the Python packages whose word lists are used."""
        self.sizes = sizes
        self.folder = folder
        self.metadata = folder / "metadata"
        self.pairs = folder / "pairs"
        self.running_text = folder / "running"
        self.running_sample = folder / "running-sample"
        self._short_texts = short_texts
        self._packages = packages

    def texts(self, language: str) -> Texts:
        """Those of `en`, `zh` or `th`."""
        return Texts(
            self.metadata / f"{language}.txt", self.folder / f"{language}-texts.txt", self.folder / f"{language}-sample.txt")

    def make(self) -> None:
        """Makes what is not there from an earlier call. Raises `Failed` when a source is missing."""
        stamp = self.folder / "made.json"
        wanted = json.dumps({"version": VERSION, "seed": SEED, **asdict(self.sizes)})
        if stamp.exists() and stamp.read_text() == wanted:
            return
        remove(self.folder)
        for folder in (self.metadata, self.pairs, self.running_text, self.running_sample):
            folder.mkdir(parents=True)
        try:
            self._make_texts()
            self._make_pairs()
            self._make_running_text()
        except FileNotFoundError as error:
            raise Failed(f"there is no {error.filename}") from error
        stamp.write_text(wanted)

    def _make_texts(self) -> None:
        sizes = self.sizes
        self._write_entries("en", self._english_entries())
        self._write_entries("zh", [word for word, _ in self._chinese])
        self._write_entries("th", self._thai_entries)
        for language, count in (("en", sizes.texts), ("zh", sizes.spaceless_texts), ("th", sizes.spaceless_texts)):
            texts = self.texts(language)
            _write_lines(texts.texts, islice(self._captions(language, "texts"), count))
            with texts.texts.open(encoding="utf-8") as lines, texts.sample.open("w", encoding="utf-8") as sample:
                sample.writelines(islice(lines, sizes.sample))

    def _make_pairs(self) -> None:
        for language in WORD_LISTS:
            self._write_entries(language, self._ranked_words(language))
        for language in OTHER_LANGUAGES:
            self._write_entries(language, self._short_words(language))
        languages = [*PAIR_SHARES, *OTHER_LANGUAGES]
        rest = (100 - sum(PAIR_SHARES.values())) / len(OTHER_LANGUAGES)
        captions = {language: self._captions(language, "pairs") for language in languages}
        weights = [PAIR_SHARES.get(language, rest) for language in languages]
        source = _source("pairs")

        def line(number: int) -> str:
            language = source.choices(languages, weights)[0]
            fields = ("alt", "title")[:2 if source.random() < 0.25 else 1]
            pair = {
                "id": f"pair-{number:09}",
                "image": f"{source.getrandbits(96):024x}",
                "texts": [{"text": next(captions[language]), "field": field} for field in fields],
            }
            return json.dumps(pair, ensure_ascii=False)

        size = self.sizes.pairs // PAIR_FILES
        for file in range(PAIR_FILES):
            _write_lines(self.pairs / f"pairs-{file:05}.jsonl", map(line, range(file * size, (file + 1) * size)))

    def _make_running_text(self) -> None:
        others = [word for word in self._ranked_words("en") if word not in self._gloss_words]
        text = words.RunningText(self._glosses, others, _source("running text"))
        limits = [(self.running_text / "en.txt", self.sizes.running_text), (self.running_sample / "en.txt", self.sizes.running_sample)]
        files = [(path.open("w", encoding="utf-8"), limit) for path, limit in limits]
        written = 0
        for document in text.documents():
            for file, limit in files:
                if written < limit:
                    file.write(document + "\n")
            written += len(document.encode()) + 1
            if written >= self.sizes.running_text:
                break
        for file, _ in files:
            file.close()

    def _captions(self, language: str, purpose: str) -> Iterator[str]:
        source = _source(f"{purpose} {language}")
        if language == "zh":
            drawn, frequencies = zip(*self._chinese, strict=True)
            return words.spaceless(words.Drawing(drawn, source, frequencies), "，")
        if language == "th":
            drawn, frequencies = zip(*self._thai, strict=True)
            return words.spaceless(words.Drawing(drawn, source, frequencies), " ")
        if language in OTHER_LANGUAGES:
            return words.excerpts(self._short_text(language).split(), source)
        return words.captions(words.Drawing(self._ranked_words(language), source))

    def _english_entries(self) -> list[str]:
        """WordNet's names, the commonest words, and rows of words that stand together often."""
        limit = self.sizes.entries
        entries = set(sorted(words.lemmas())[:limit // 3])
        for word in self._ranked_words("en"):
            if len(entries) >= limit * 7 // 9:
                break
            entries.add(word)
        for row in words.commonest_rows(words.words_of(self._glosses), limit):
            if len(entries) >= limit:
                break
            entries.add(row)
        return sorted(entries)

    def _ranked_words(self, language: str) -> list[str]:
        if language not in self._ranked:
            name = WORD_LISTS.get(language, "american-english-insane")
            sentences = words.words_of(self._glosses) if language == "en" else [self._short_text(language).split()]
            self._ranked[language] = words.ranked(sentences, words.dictionary(name), _source(f"words {language}"))
        return self._ranked[language]

    @cached_property
    def _ranked(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _glosses(self) -> list[str]:
        return words.glosses()

    @cached_property
    def _gloss_words(self) -> set[str]:
        return {word for sentence in words.words_of(self._glosses) for word in sentence}

    @cached_property
    def _chinese(self) -> list[tuple[str, int]]:
        """The words of the package jieba with their frequencies; none has a space, for the texts have none."""
        return [(fields[0], int(fields[1])) for fields in self._table("jieba/dict.txt", " ") if len(fields) == 3]

    @cached_property
    def _thai(self) -> list[tuple[str, int]]:
        """The words of the package pythainlp with their frequencies in the Thai National Corpus."""
        known = set(self._thai_entries)
        return [(word, int(count)) for word, count in self._table("pythainlp/corpus/tnc_freq.txt", "\t") if word in known]

    @cached_property
    def _thai_entries(self) -> list[str]:
        return (self._packages / "pythainlp/corpus/words_th.txt").read_text(encoding="utf-8").split("\n")[:-1]

    def _table(self, name: str, separator: str) -> Iterator[list[str]]:
        with (self._packages / name).open(encoding="utf-8") as lines:
            yield from (line.rstrip("\n").split(separator) for line in lines)

    def _short_text(self, language: str) -> str:
        return (self._short_texts / f"{language}.txt").read_text(encoding="utf-8")

    def _short_words(self, language: str) -> list[str]:
        return self._short_text(language).replace(",", " ").replace(".", " ").split()

    def _write_entries(self, language: str, entries: Sequence[str]) -> None:
        """The first entries, as many as there are to be, a line each, in the order of their code points."""
        distinct = sorted({entry.strip() for entry in entries[:self.sizes.entries]} - {""})
        _write_lines(self.metadata / f"{language}.txt", distinct)


def _source(purpose: str) -> random.Random:
    """Random numbers that depend on the seed and on what they are for, not on what else is made."""
    return random.Random(f"{SEED} {purpose}")


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
