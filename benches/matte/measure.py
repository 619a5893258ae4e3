"""Measures how well mattes follow people: `python3 benches/matte/measure.py [--work DIR] [--antifaz BINARY]`.

Compared are the net's mask stretched to the picture (`antifaz matte --raw`), plain exponential averages of it, and the
refined matte that filters get from `antifaz::matte` (drawn by the filter beside this script).

- boundary F: of the pixels of the mask's border (at one half), the share within 2 px of the true border, and the
  reverse; their harmonic mean, in %.
- error: mean |mask - truth| within 8 px of the true border, in %.
- flicker: mean change of the error from frame to frame there, in %, while the person rests and over the whole clip.
- lag: the delay in frames at which the truth fits the mask of moving frames best.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import clips

AVERAGES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.35)
DELAYS = np.arange(-1.0, 2.51, 0.25)
# The first frames, until nets and averages have settled.
SETTLING = 5


def disc(reach):
    span = range(-reach, reach + 1)
    return [(x, y) for y in span for x in span if x * x + y * y <= reach * reach + 0.5]


def widen(shape, reach):
    padded = np.pad(shape, reach)
    height, width = shape.shape
    out = np.zeros_like(shape)
    for x, y in disc(reach):
        out |= padded[reach + y : reach + y + height, reach + x : reach + x + width]
    return out


def border(mask):
    inside = mask >= 0.5
    near = np.pad(inside, 1, mode="edge")
    everywhere = near[:-2, 1:-1] & near[2:, 1:-1] & near[1:-1, :-2] & near[1:-1, 2:]
    return inside & ~everywhere


def boundary_f(mask, truth):
    found, true = border(mask), border(truth)
    precision = (found & widen(true, 2)).sum() / max(found.sum(), 1)
    recall = (true & widen(found, 2)).sum() / max(true.sum(), 1)
    return 200 * precision * recall / max(precision + recall, 1e-9)


def averaged(masks, weight):
    out = [masks[0]]
    for mask in masks[1:]:
        out.append(out[-1] + weight * (mask - out[-1]))
    return out


class Truth:
    """The true mattes of a scene, at frames and between them."""

    def __init__(self, scene):
        frames = range(clips.FRAMES)
        self.frames = [scene.truth(frame) for frame in frames]
        self.bands = [widen(border(truth), 8) for truth in self.frames]
        pose = [np.array(scene.pose(frame)[:2]) for frame in frames]
        speed = [0.0] + [float(np.hypot(*(b - a))) for a, b in zip(pose, pose[1:])]
        self.rest = [speed[frame] < 0.05 for frame in frames]
        fast = sorted(frames, key=lambda frame: -speed[frame])[:12]
        self.delayed = {frame: [scene.truth(frame - delay) for delay in DELAYS] for frame in fast}

    def lag(self, masks):
        error = np.zeros(len(DELAYS))
        for frame, late in self.delayed.items():
            band = widen(self.bands[frame], 4)
            error += [np.abs(masks[frame] - truth)[band].mean() for truth in late]
        best = int(np.clip(error.argmin(), 1, len(DELAYS) - 2))
        before, at, after = error[best - 1 : best + 2]
        bend = before - 2 * at + after
        return DELAYS[best] + (0.25 * 0.5 * (before - after) / bend if bend > 0 else 0.0)

    def figures(self, masks):
        frames = range(SETTLING, clips.FRAMES)
        errors = [mask - truth for mask, truth in zip(masks, self.frames)]
        change = {f: np.abs(errors[f] - errors[f - 1])[self.bands[f]].mean() for f in frames}
        return {
            "F": np.mean([boundary_f(masks[f], self.frames[f]) for f in frames]),
            "error": 100 * np.mean([np.abs(errors[f])[self.bands[f]].mean() for f in frames]),
            "resting": 100 * np.mean([change[f] for f in frames if self.rest[f]]),
            "flicker": 100 * np.mean(list(change.values())),
            "lag": self.lag(masks),
        }


def pictures(folder):
    read = lambda path: np.asarray(Image.open(path).convert("L"), np.float32) / 255
    return [read(path) for path in sorted(Path(folder).glob("*.png"))]


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def row(name, figures):
    values = " ".join(f"{figures[key]:8.2f}" for key in ("F", "error", "resting", "flicker", "lag"))
    print(f"  {name:22} {values}", flush=True)


def at_lag(averages, lag, key):
    """The figure of the exponential average that lags as much, between those that were measured."""
    known = sorted((figures["lag"], figures[key]) for figures in averages)
    return float(np.interp(lag, [lag for lag, _ in known], [value for _, value in known]))


def main():
    root = clips.HERE.parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--antifaz", default=root / "target" / "debug" / "antifaz")
    parser.add_argument("--filter", default=clips.HERE / "show-matte", help="draws the refined matte as grey")
    parser.add_argument("--work", help="keeps clips and masks here, and takes those that are there already")
    parser.add_argument("--scene", action="append", help="only this one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(args.work or scratch)
        work.mkdir(parents=True, exist_ok=True)
        totals = [measure(args, root, work, scene) for scene in clips.scenes() if not args.scene or scene.name in args.scene]
    print("mean")
    for name in totals[0]:
        row(name, {key: np.mean([total[name][key] for total in totals]) for key in totals[0][name]})


def measure(args, root, work, scene):
    clip, raw, refined = work / f"{scene.name}.avi", work / f"{scene.name}-raw", work / f"{scene.name}-refined"
    if not clip.exists():
        clips.write_avi(clip, [scene.picture(frame) for frame in range(clips.FRAMES)])
    common = ("--data", root, "--quiet")
    if not raw.exists():
        run(args.antifaz, "matte", "--input", clip, "--raw", "--out", raw, *common)
    if refined.exists():
        for old in refined.glob("*.png"):
            old.unlink()
    run(args.antifaz, "render", "--input", clip, "--filter", args.filter, "--out", refined, *common)
    truth, masks = Truth(scene), pictures(raw)
    found = {"raw": truth.figures(masks)}
    for weight in AVERAGES:
        found[f"average {weight}"] = truth.figures(averaged(masks, weight))
    found["refined"] = truth.figures(pictures(refined))
    averages = [figures for name, figures in found.items() if name != "refined"]
    lag = found["refined"]["lag"]
    found["average, as late"] = {key: at_lag(averages, lag, key) for key in found["refined"]}
    print(f"{scene.name:24} {'F':>8} {'error':>8} {'resting':>8} {'flicker':>8} {'lag':>8}")
    for name, figures in found.items():
        row(name, figures)
    return found


if __name__ == "__main__":
    main()
