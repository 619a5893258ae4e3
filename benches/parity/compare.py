#!/usr/bin/env python3
"""Runs MediaPipe and `antifaz track` on the same files and says how far apart they are.

    compare.py [--antifaz BINARY] [--faces N] [--mode video|image] [--nets B] [--matte] FILE...

Prints for each file, and for all: frames; how many of them agree on whether a face is there; faces that only one of
them sees; the mean, 95th percentile and worst error of the landmarks, in % of the distance between the outer eye
corners; the mean absolute error of the blendshapes; the largest difference of a pose's entries. With --matte also the
IoU of the person masks of stills, at threshold 0.5. Files that are no pictures or clips are left out. Needs what
reference.py needs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from reference import ROOT, STILLS, frames, look, matte


def pair(ours, theirs, size):
    """Pairs of faces by mean landmark distance, nearest first, and how many are left over on either side."""
    costs = []
    for i, a in enumerate(ours):
        for j, b in enumerate(theirs):
            p, q = (np.array(face["landmarks"])[:, :2] * size for face in (a, b))
            eyes = np.linalg.norm(q[33] - q[263])
            costs.append((np.linalg.norm(p - q, axis=1).mean() / eyes * 100, i, j))
    pairs, used = [], (set(), set())
    for error, i, j in sorted(costs):
        if i not in used[0] and j not in used[1] and error < 100:
            pairs.append((error, ours[i], theirs[j]))
            used[0].add(i), used[1].add(j)
    return pairs, len(ours) - len(pairs), len(theirs) - len(pairs)


def first(path):
    """The first frame; `None`, and why on stderr, where the file is neither a picture nor a clip: globs catch such."""
    try:
        found = next(frames(path), None)
        why = "it has no frames"
    except FileNotFoundError:
        raise  # A name that is wrong, or no ffprobe.
    except subprocess.CalledProcessError:
        found, why = None, "ffprobe can't read it"
    except (OSError, LookupError) as error:
        found, why = None, error
    if found is None:
        print(f"{path}: left out, neither a picture nor a clip: {why}", file=sys.stderr)
        return None
    return found[1]


def track(args, path, folder):
    out = os.path.join(folder, "faces.jsonl")
    command = [args.antifaz, "track", "--input", path, "--out", out, "--faces", str(args.faces)]
    subprocess.run([*command, "--mode", args.mode, "--nets", args.nets], check=True)
    with open(out, encoding="utf-8") as file:
        return [json.loads(line)["faces"] for line in file]


def masks(args, path, folder):
    found = []
    for net in ("landscape", "square"):
        out = os.path.join(folder, net)
        command = [args.antifaz, "matte", "--input", path, "--out", out, "--net", net, "--raw", "--nets", args.nets]
        subprocess.run(command, check=True)
        ours = np.asarray(Image.open(os.path.join(out, "00000.png"))) >= 128
        theirs = matte(path, net == "landscape") >= 0.5
        found.append(f"{net} IoU {(ours & theirs).sum() / max(1, (ours | theirs).sum()):.4f}")
    return ", ".join(found)


def say(name, agree, extra, missing, pairs):
    line = f"{name:44} {len(agree):5} frames  agree {np.mean(agree) * 100:5.1f} %  extra {extra}  missing {missing}"
    if pairs:
        errors = np.array([error for error, _, _ in pairs])
        blend = np.mean([np.abs(np.subtract(a["blendshapes"], b["blendshapes"])).mean() for _, a, b in pairs])
        pose = np.max([np.abs(np.subtract(a["pose"], b["pose"])).max() for _, a, b in pairs])
        line += f"  landmarks mean {errors.mean():.3f} p95 {np.percentile(errors, 95):.3f} worst {errors.max():.3f} %"
        line += f"  blendshapes {blend:.4f}  pose {pose:.3f}"
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target", "debug", "antifaz"))
    parser.add_argument("--faces", type=int, default=1)
    parser.add_argument("--mode", choices=["video", "image"], default="video")
    parser.add_argument("--nets", default="cpu")
    parser.add_argument("--matte", action="store_true")
    args = parser.parse_args()
    all_agree, all_extra, all_missing, all_pairs = [], 0, 0, []
    compared = 0
    for path in args.files:
        picture = first(path)
        if picture is None:
            continue
        compared += 1
        height, width = picture.shape[:2]
        with tempfile.TemporaryDirectory() as folder:
            ours = track(args, path, folder)
            note = masks(args, path, folder) if args.matte and path.lower().endswith(STILLS) else ""
        theirs = look(path, args.mode == "video", args.faces)
        agree, extra, missing, pairs = [], 0, 0, []
        for a, b in zip(ours, theirs):
            found, more, less = pair(a, b, [width, height])
            agree.append(bool(a) == bool(b))
            pairs, extra, missing = pairs + found, extra + more, missing + less
        if len(ours) != len(theirs):
            print(f"{path}: {len(ours)} frames of ours, {len(theirs)} of MediaPipe's")
        say(os.path.basename(path), agree, extra, missing, pairs)
        if note:
            print(f"{'':44} {note}")
        all_agree, all_pairs = all_agree + agree, all_pairs + pairs
        all_extra, all_missing = all_extra + extra, all_missing + missing
    if compared == 0:
        sys.exit("nothing was compared: no file is a picture or a clip")
    say("all", all_agree, all_extra, all_missing, all_pairs)


if __name__ == "__main__":
    main()
