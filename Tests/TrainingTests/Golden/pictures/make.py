"""Makes the JPEG files beside this one, and what Pillow makes of parts of them: `python3 make.py`, with Pillow 13."""

import json
import math
import random
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 93, 71
KINDS = {
    "420": {"subsampling": 2, "quality": 90},
    "422": {"subsampling": 1, "quality": 90},
    "444": {"subsampling": 0, "quality": 90},
    "progressive": {"subsampling": 2, "quality": 80, "progressive": True},
    "restarts": {"subsampling": 2, "quality": 80, "restart_marker_blocks": 3},
}
PARTS = [(0, 0, 93, 71), (17, 9, 80, 66), (40, 3, 52, 15)]
SIZE = 12


def picture() -> Image.Image:
    """Waves, squares and noise, none so bright or dark that resampling would leave the range of a byte."""
    random.seed(7)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            red = 127 + 70 * math.sin(x / 5 + y / 9)
            green = 64 + 128 * ((x // 13 + y // 11) % 2)
            blue = 64 + 128 * (x / WIDTH if y < HEIGHT / 2 else random.random())
            image.putpixel((x, y), (int(red), int(green), int(blue)))
    return image


def main() -> None:
    image = picture()
    for kind, options in KINDS.items():
        image.save(FOLDER / f"{kind}.jpg", **options)
    image.convert("L").save(FOLDER / "grey.jpg", quality=90)
    image.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=80)
    references = {}
    for kind in [*KINDS, "grey"]:
        with Image.open(FOLDER / f"{kind}.jpg") as file:
            whole = file.convert("RGB")
        references[kind] = [
            {"part": part, "size": SIZE, "pixels": list(whole.crop(part).resize((SIZE, SIZE), Image.Resampling.BICUBIC).tobytes())}
            for part in PARTS
        ]
    (FOLDER / "pillow.json").write_text(json.dumps(references, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
