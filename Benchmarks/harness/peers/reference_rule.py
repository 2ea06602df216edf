"""What an entry and a text look like when the reference's rule has set them apart by spaces, and when CJK-like writing needs none.

Source: MetaCLIP 2, §3.2 and reference code of the substring matching.
"""

import string

MARKS = ",.;:?!`"
WITHOUT_SPACES = [
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0x2CEB0, 0x2EBEF), (0xF900, 0xFAFF), (0x2E80, 0x2EFF), (0x2F00, 0x2FDF), (0x2FF0, 0x2FFF), (0x0E00, 0x0E7F), (0x0E80, 0x0EFF),
    (0x1000, 0x109F), (0x1780, 0x17FF), (0x0F00, 0x0FFF),
]
PUNCTUATION = set(string.punctuation + "，。、；：？¿！“”‘’（）【】《》〈〉「」『』～—")
BEFORE_NO_SPACE = PUNCTUATION - {"¿"}


def is_cjk_like(character: str) -> bool:
    """Whether an entry may begin or end with this character without a space beside it."""
    point = ord(character)
    return character in BEFORE_NO_SPACE or any(low <= point <= high for low, high in WITHOUT_SPACES)


def spaced_entry(entry: str) -> str:
    """The string that is looked for."""
    front = "" if is_cjk_like(entry[0]) else " "
    back = "" if is_cjk_like(entry[-1]) else " "
    return front + entry + back


def spaced_text(text: str) -> str:
    """The string that is searched."""
    text = f" {text} "
    for mark in MARKS:
        text = text.replace(mark, f" {mark} ")
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
