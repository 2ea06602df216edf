"""Makes a shard of JPEG files from the pictures of a folder.

`pictures.py FOLDER SHARD COUNT`: FOLDER has PNG files, at any depth; SHARD is the tar file to write, with members `KEY.jpg`. Each picture
lies on white, with sides drawn between 400 and 640 pixels; when there are fewer than COUNT, they come again with other sides. The same
files give the same shard.
"""

import io
import json
import random
import sys
import tarfile
from pathlib import Path

from PIL import Image

SEED = 20_250_729
SIDES = (400, 640)
QUALITY = 90


def jpeg(path: Path, width: int, height: int) -> bytes:
    """A picture, brought to this size, as a JPEG file."""
    with Image.open(path) as picture:
        layer = picture.convert("RGBA").resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGBA", layer.size, "white")
    canvas.alpha_composite(layer)
    encoded = io.BytesIO()
    canvas.convert("RGB").save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()


def main() -> None:
    folder, shard, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    paths = sorted(folder.rglob("*.png"))
    if not paths:
        sys.exit(f"no PNG file lies in {folder}: install the Debian package tuxpaint-stamps-default")
    generator = random.Random(SEED)
    generator.shuffle(paths)
    unfinished = shard.with_suffix(".part")
    with tarfile.open(unfinished, "w", format=tarfile.USTAR_FORMAT) as archive:
        for number in range(count):
            encoded = jpeg(paths[number % len(paths)], generator.randint(*SIDES), generator.randint(*SIDES))
            member = tarfile.TarInfo(f"{number:06}.jpg")
            member.size = len(encoded)
            archive.addfile(member, io.BytesIO(encoded))
    unfinished.rename(shard)
    print(json.dumps({"pictures": count, "bytes": shard.stat().st_size}))


if __name__ == "__main__":
    main()
