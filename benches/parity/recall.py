#!/usr/bin/env python3
"""Counts the faces that `antifaz track` finds with each detector, in stills that are turned, dimmed, blurred, made small and cut.

    recall.py [--antifaz BINARY] STILL...

Each still is put into a grey picture of 640x480. Prints for each change how many faces each range finds at a single look,
and how many of one range the other has not. Needs Pillow.
"""

import argparse
import json
import os
import subprocess
import tempfile

from PIL import Image, ImageEnhance, ImageFilter

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RANGES = ["short", "full"]
SIZE = (640, 480)
GREY = (90, 90, 90)
SAME = 0.3


def shrunk(still, share):
    inner = still.resize([max(1, round(side * share)) for side in still.size])
    outer = Image.new("RGB", still.size, GREY)
    outer.paste(inner, [(side - own) // 2 for side, own in zip(still.size, inner.size)])
    return outer


def middle(still, share):
    width, height = still.size
    left, top = width * (1 - share) / 2, height * (1 - share) * 0.35
    return still.crop([round(v) for v in (left, top, left + width * share, top + height * share)])


def changes(still):
    yield "as it is", still
    for angle in (-90, -60, -30, 30, 60, 90, 180):
        yield f"turned by {angle}", still.rotate(angle, expand=True, fillcolor=GREY)
    yield "a quarter of the light", ImageEnhance.Brightness(still).enhance(0.25)
    yield "less contrast", ImageEnhance.Contrast(still).enhance(0.4)
    yield "blurred", still.filter(ImageFilter.GaussianBlur(max(still.size) / 120))
    for share in (0.5, 0.3):
        yield f"{share} of its size", shrunk(still, share)
    for share in (0.6, 0.4):
        yield f"the middle {share}", middle(still, share)


def framed(still):
    scale = min(SIZE[0] / still.width, SIZE[1] / still.height)
    still = still.resize([max(1, round(side * scale)) for side in still.size])
    frame = Image.new("RGB", SIZE, GREY)
    frame.paste(still, [(side - own) // 2 for side, own in zip(SIZE, still.size)])
    return frame


def overlap(a, b):
    sides = [min(a[i] + a[i + 2], b[i] + b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
    both = max(sides[0], 0) * max(sides[1], 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def missed(own, others):
    return sum(all(overlap(a["box"], b["box"]) < SAME for b in others) for a in own)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target/release/antifaz"))
    parser.add_argument("stills", nargs="+")
    args = parser.parse_args()
    names, found = [], {}
    with tempfile.TemporaryDirectory() as folder:
        pictures = os.path.join(folder, "pictures")
        os.mkdir(pictures)
        for path in args.stills:
            still = Image.open(path).convert("RGB")
            still.thumbnail((1200, 1200))
            for name, changed in changes(still):
                framed(changed).save(os.path.join(pictures, f"{len(names):05}.png"))
                names.append(name)
        for range_ in RANGES:
            out = os.path.join(folder, f"{range_}.jsonl")
            command = [args.antifaz, "track", "--input", pictures, "--mode", "image", "--faces", "8", "--nets", "cpu"]
            subprocess.run(command + ["--range", range_, "--out", out], check=True, stderr=subprocess.DEVNULL)
            with open(out) as lines:
                found[range_] = [json.loads(line)["faces"] for line in lines]
    print(f"{'':24}{'short':>8}{'full':>8}{'only short':>12}{'only full':>12}")
    for change in dict.fromkeys(names):
        at = [i for i, name in enumerate(names) if name == change]
        short, full = ([found[range_][i] for i in at] for range_ in RANGES)
        counts = [sum(map(len, faces)) for faces in (short, full)]
        only = [sum(map(missed, a, b)) for a, b in ((short, full), (full, short))]
        print(f"{change:24}{counts[0]:8}{counts[1]:8}{only[0]:12}{only[1]:12}")


if __name__ == "__main__":
    main()
