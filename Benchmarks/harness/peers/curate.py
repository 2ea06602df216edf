"""The whole curation in one Python process, with the libraries of the reference: JSON Lines in, JSON Lines out.

`curate.py PAIRS METADATA MODEL OUT`: PAIRS is a folder of JSON Lines, METADATA a folder of entries by language. What a text matches is kept from counting to sampling,
so that nothing is matched twice. Source: MetaCLIP 2, §§3.2–3.3 and reference code.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import ahocorasick
import fasttext
import numpy as np
from meter import Meter, peak_memory
from reference_rule import spaced_entry, spaced_text

TAIL_SHARE = 0.06
LABELS = {"nb": "no", "sh": "sr", "tl": "fil"}
"""Languages that the metadata spells in another way."""


def automaton_of(entries: list[str]) -> ahocorasick.Automaton:
    """The entries of one language."""
    automaton = ahocorasick.Automaton()
    for number, entry in enumerate(entries):
        automaton.add_word(spaced_entry(entry), number)
    automaton.make_automaton()
    return automaton


def t_to_p(counts: np.ndarray, t: int) -> float:
    """The tail's share of the matches."""
    return float(counts[counts < t].sum() / counts.sum())


def p_to_t(counts: np.ndarray, p: float) -> int:
    """The threshold whose tail's share is nearest to p."""
    ordered = np.sort(counts)
    portion = np.cumsum(ordered) / ordered.sum()
    return int(ordered[np.argmin(np.abs(portion - p))])


def curate(meter: Meter, pairs_path: Path, metadata: Path, model_path: Path, out: Path) -> dict[str, object]:
    """Does it all and tells what came out."""
    with meter.of("metadata"):
        entries = {
            path.stem: path.read_text(encoding="utf-8").split("\n")[:-1] for path in sorted(metadata.glob("*.txt"))
        }
    with meter.of("index"):
        automata = {language: automaton_of(lines) for language, lines in entries.items()}
    with meter.of("model"):
        model = fasttext.load_model(str(model_path))
    pairs: list[dict[str, Any]] = []
    with meter.of("read"):
        for path in sorted(pairs_path.glob("*.jsonl")):
            with path.open(encoding="utf-8", newline="\n") as lines:
                pairs += [json.loads(line) for line in lines]
    texts = [text for pair in pairs for text in pair["texts"]]
    with meter.of("identify"):
        for text in texts:
            labels, probabilities = model.predict(text["text"].replace("\n", " ").replace("\r", " "))
            label = labels[0].removeprefix("__label__") if labels else "other"
            text["language"] = LABELS.get(label, label)
            text["confidence"] = round(float(probabilities[0]), 6) if labels else 0.0
    counts = {language: np.zeros(len(lines), dtype=np.int64) for language, lines in entries.items()}
    counted = dict.fromkeys([*entries, "other"], 0)
    found: list[list[int]] = []
    with meter.of("match"):
        for text in texts:
            language = text["language"].split("_")[0]
            if language not in automata:
                counted["other"] += 1
                found.append([])
                continue
            counted[language] += 1
            numbers = list({number for _, number in automata[language].iter(spaced_text(text["text"]))})
            count = counts[language]
            for number in numbers:
                count[number] += 1
            found.append(numbers)
    thresholds: dict[str, int] = {}
    probabilities_of: dict[str, list[float]] = {}
    with meter.of("thresholds"):
        english = counts["en"]
        english_t = p_to_t(english, TAIL_SHARE)
        p = t_to_p(english, english_t)
        for language, count in counts.items():
            t = english_t if language == "en" else max(1, p_to_t(count, p)) if count.any() else 1
            thresholds[language] = t
            probabilities_of[language] = (t / np.maximum(t, count)).astype(np.float32).astype(np.float64).tolist()
    kept_texts = 0
    kept: list[dict[str, Any]] = []
    with meter.of("sample"):
        source = random.Random(0)
        position = 0
        for pair in pairs:
            chosen = []
            for text in pair["texts"]:
                dropping = 1.0
                if found[position]:
                    probabilities = probabilities_of[text["language"].split("_")[0]]
                    for number in found[position]:
                        dropping *= 1 - probabilities[number]
                position += 1
                if source.random() < 1 - dropping:
                    chosen.append(text)
            if chosen:
                kept_texts += len(chosen)
                kept.append({**pair, "texts": chosen})
    with meter.of("write"), out.open("w", encoding="utf-8") as file:
        for pair in kept:
            file.write(json.dumps(pair, ensure_ascii=False, separators=(",", ":")) + "\n")
    return {
        "texts": counted,
        "matches": {language: int(count.sum()) for language, count in counts.items()},
        "thresholds": thresholds,
        "keptTexts": kept_texts,
        "keptPairs": len(kept),
        "writtenBytes": out.stat().st_size,
    }


def main() -> None:
    pairs, metadata, model, out = (Path(argument) for argument in sys.argv[1:])
    meter = Meter()
    with meter.of("total"):
        result = curate(meter, pairs, metadata, model, out)
    print(json.dumps(meter.findings | {"peakMemory": peak_memory()} | result))


if __name__ == "__main__":
    main()
