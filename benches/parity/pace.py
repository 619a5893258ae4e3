#!/usr/bin/env python3
"""Times MediaPipe's FaceLandmarker and `antifaz track` on the same clips, alternately, and prints the ratios.

    pace.py [--antifaz BINARY] [--rounds N] [--frames N] CLIP...

One face with blendshapes and pose, video mode; reading the clip does not count for either. MediaPipe runs with its own
defaults. Needs what reference.py needs, and a release build.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import mediapipe as mp
import numpy as np
from reference import ROOT, frames, landmarker


def theirs(pictures):
    found = []
    with landmarker(True, 1) as task:
        for millis, picture in pictures:
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            start = time.perf_counter()
            task.detect_for_video(image, millis)
            found.append((time.perf_counter() - start) * 1e3)
    return float(np.median(found))


def ours(binary, clip, folder):
    out = os.path.join(folder, "faces.jsonl")
    command = [binary, "track", "--input", clip, "--out", out, "--times", "--quiet"]
    return json.loads(subprocess.check_output(command))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target", "release", "antifaz"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=200, help="of MediaPipe in each round, at most")
    args = parser.parse_args()
    for clip in args.clips:
        pictures = []
        for millis, picture in frames(clip):
            if len(pictures) == args.frames:
                break
            pictures.append((millis, np.ascontiguousarray(picture)))
        mine, peer = [], []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(args.rounds):
                mine.append(ours(args.antifaz, clip, folder))
                peer.append(theirs(pictures))
        median = np.median([times["median_ms"] for times in mine])
        print(
            f"{os.path.basename(clip):44} {median:6.2f} ms (p99 {np.median([t['p99_ms'] for t in mine]):.2f})"
            f"  MediaPipe {np.median(peer):6.2f} ms  ratio {median / np.median(peer):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
