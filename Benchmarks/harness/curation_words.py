"""Real words with real frequencies, and texts drawn from them: everything follows from the seed."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path

WORDNET = Path("/usr/share/wordnet")
"""WordNet's data files, of the Debian package wordnet-base."""

DICTIONARIES = Path("/usr/share/dict")
"""The word lists of Debian."""

MANDELBROT = 2.7
"""What is added to a rank before it divides 1: Mandelbrot's correction of Zipf's law for the commonest words."""


def glosses() -> list[str]:
    """The definitions and examples of WordNet's synonym sets, in its order."""
    found: list[str] = []
    for line in _wordnet_lines():
        found.append(line.split(" | ", 1)[1].strip())
    return found


def lemmas() -> set[str]:
    """The names in WordNet, of one word or several."""
    found: set[str] = set()
    for line in _wordnet_lines():
        fields = line.split(" ")
        for word in fields[4:4 + 2 * int(fields[3], 16):2]:
            found.add(re.sub(r"\((?:a|p|ip)\)$", "", word).replace("_", " "))
    return found


def words_of(sentences: Sequence[str]) -> list[list[str]]:
    """The words of sentences, without punctuation."""
    word = re.compile(r"[A-Za-z][A-Za-z'-]*")
    return [word.findall(sentence) for sentence in sentences]


def commonest_rows(sentences: Sequence[Sequence[str]], count: int) -> list[str]:
    """Rows of two and three words that stand together, the commonest first."""
    rows: Counter[str] = Counter()
    for words in sentences:
        for length in (2, 3):
            rows.update(" ".join(words[start:start + length]) for start in range(len(words) - length + 1))
    return [row for row, _ in sorted(rows.items(), key=lambda item: (-item[1], item[0]))[:count]]


def ranked(sentences: Sequence[Sequence[str]], dictionary: Sequence[str], source: random.Random) -> list[str]:
    """Words by how often they are used in sentences, then a dictionary's other words in an arbitrary order."""
    used = Counter(word for words in sentences for word in words)
    known = [word for word, _ in sorted(used.items(), key=lambda item: (-item[1], item[0]))]
    others = [word for word in dictionary if word not in used and not word.endswith("'s")]
    source.shuffle(others)
    return known + others


def dictionary(name: str) -> list[str]:
    """A word list of Debian."""
    return (DICTIONARIES / name).read_text(encoding="utf-8").split("\n")[:-1]


class Drawing:
    """Draws words: by rank as Zipf's law has it, or by given frequencies."""

    def __init__(self, words: Sequence[str], source: random.Random, frequencies: Sequence[float] | None = None) -> None:
        self.words = words
        self.source = source
        weights = frequencies or [1 / (rank + MANDELBROT) for rank in range(1, len(words) + 1)]
        self.sums = list(accumulate(weights))

    def rows(self) -> Iterator[list[str]]:
        """Rows of 4 to 16 words, without end."""
        while True:
            lengths = [self.source.randint(4, 16) for _ in range(10_000)]
            drawn = iter(self.source.choices(self.words, cum_weights=self.sums, k=sum(lengths)))
            for length in lengths:
                yield list(islice(drawn, length))


def captions(drawing: Drawing) -> Iterator[str]:
    """Texts in a writing with spaces: some begin with a capital, have a comma, or end with a full stop."""
    source = drawing.source
    for row in drawing.rows():
        if source.random() < 0.3:
            row[0] = row[0][:1].upper() + row[0][1:]
        if source.random() < 0.2:
            row[len(row) // 2] += ","
        yield " ".join(row) + ("." if source.random() < 0.4 else "")


def spaceless(drawing: Drawing, comma: str) -> Iterator[str]:
    """Texts in a writing without spaces, some of them with a comma or what stands for it."""
    for row in drawing.rows():
        if drawing.source.random() < 0.3:
            row[len(row) // 2] += comma
        yield "".join(row)


def excerpts(words: Sequence[str], source: random.Random) -> Iterator[str]:
    """Stretches of 4 to 16 words of running text."""
    while True:
        length = source.randint(4, 16)
        start = source.randrange(max(1, len(words) - length))
        yield " ".join(words[start:start + length])


class RunningText:
    """Sentences in an arbitrary order in which one word in eight is another one, so that there are always new ones and new pairs.

    The words put in follow Simon's process: new with the probability that the vocabulary's growth asks for, otherwise one of those put
    in before. The vocabulary grows as in Wikipedia: 254 thousand words in the 17 million of text8 and 833 thousand in the 124 million
    of fil9, so V = 12.2 N^0.597. Source: H. A. Simon, “On a class of skew distribution functions”, 1955.
    """

    SHARE = 1 / 8
    SCALE, EXPONENT = 12.2, 0.597

    def __init__(self, sentences: Sequence[str], others: Sequence[str], source: random.Random) -> None:
        self.sentences = [sentence.split() for sentence in sentences]
        self.others = others
        self.source = source
        self.put_in: list[str] = []
        self.fresh = 0
        self.written = 0

    def documents(self) -> Iterator[str]:
        """Documents of 5 to 60 sentences, without end."""
        source = self.source
        while True:
            yield " ".join(self._sentence() for _ in range(source.randint(5, 60)))

    def _sentence(self) -> str:
        words = self.sentences[self.source.randrange(len(self.sentences))].copy()
        place = int(self.source.expovariate(self.SHARE))
        while place < len(words):
            words[place] = self._word()
            place += 1 + int(self.source.expovariate(self.SHARE))
        self.written += len(words)
        return " ".join(words) + "."

    def _word(self) -> str:
        growth = self.SCALE * self.EXPONENT * (self.written + 1) ** (self.EXPONENT - 1)
        if not self.put_in or self.source.random() < growth / self.SHARE:
            word = self.others[self.fresh] if self.fresh < len(self.others) else f"word{self.fresh}"
            self.fresh += 1
        else:
            word = self.put_in[self.source.randrange(len(self.put_in))]
        self.put_in.append(word)
        return word


def _wordnet_lines() -> Iterator[str]:
    for part in ("noun", "verb", "adj", "adv"):
        with (WORDNET / f"data.{part}").open(encoding="utf-8") as lines:
            yield from (line for line in lines if not line.startswith("  "))
