"""Counts words and pairs of neighbouring words with Counter, as the reference's rule has it for languages with spaces.

`ngrams.py FILE`: a document a line. Source: MetaCLIP 2, §3.1 and reference code of the n-gram counting.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from meter import Meter, peak_memory
from reference_rule import PUNCTUATION, WITHOUT_SPACES

TAGS = re.compile(r"(&lt;.*?&gt;|<.*?>)")
ALONE = re.compile("([" + re.escape("".join(sorted(PUNCTUATION))) + "".join(f"{chr(a)}-{chr(b)}" for a, b in WITHOUT_SPACES) + "])")
"""A character that is a token of its own."""


def main() -> None:
    path = Path(sys.argv[1])
    unigrams: Counter[str] = Counter()
    bigrams: Counter[str] = Counter()
    meter = Meter()
    with meter.of("count"), path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            words: list[str] = []
            previous = ""
            pairs: list[str] = []
            for token in ALONE.sub(r" \1 ", TAGS.sub("", line)).split():
                if token in PUNCTUATION:
                    previous = ""
                    continue
                words.append(token)
                if previous:
                    pairs.append(f"{previous} {token}")
                previous = token
            unigrams.update(words)
            bigrams.update(pairs)
    findings = meter.findings | {
        "bytes": path.stat().st_size,
        "peakMemory": peak_memory(),
        "words": unigrams.total(),
        "unigrams": len(unigrams),
        "bigrams": len(bigrams),
        "wordPairs": bigrams.total(),
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
