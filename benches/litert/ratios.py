#!/usr/bin/env python3
"""Times every shipped net here and in LiteRT with XNNPACK, alternately, and prints the ratios of the medians.

    ratios.py [--antifaz BINARY] [--threads N,...] [--rounds N] [--runs N] [--net NAME]

Both get the same threads, the same processors and an input of noise, and take turns within one run, so that whatever
else the machine does meets both. Rounds that took a quarter longer than the median are counted: they say how quiet the
machine was. Needs: pip install ai-edge-litert numpy; a release build.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MODELS = os.path.join(ROOT, "models")
TASK = os.path.join(MODELS, "face_landmarker", "face_landmarker.task")
# Name, and the ratio that is aimed at.
BUNDLED = [("face_detector", 0.7), ("face_landmarks_detector", 0.6), ("face_blendshapes", 1.0)]
SINGLE = [
    ("face_landmark", 0.7),
    ("selfie_segmentation", 0.6),
    ("selfie_segmentation_landscape", 0.6),
    ("face_detection_full_range", 0.75),
]


class Theirs:
    """A net in LiteRT, whose default delegate is XNNPACK."""

    def __init__(self, path, threads):
        self.net = Interpreter(path, num_threads=threads)
        self.net.allocate_tensors()
        noise = np.random.default_rng(1)
        for tensor in self.net.get_input_details():
            self.net.set_tensor(tensor["index"], noise.random(tensor["shape"], dtype=np.float32))

    def times(self, runs):
        found = []
        for _ in range(max(2, runs // 10) + runs):
            start = time.perf_counter()
            self.net.invoke()
            found.append((time.perf_counter() - start) * 1e3)
        return found[-runs:]


def ours(binary, model, threads, runs):
    command = [binary, "net", "bench", model, "--backend", "cpu", "--threads", str(threads), "--runs", str(runs)]
    return json.loads(subprocess.check_output(command))


def disturbed(times):
    return int(np.sum(np.array(times) > 1.25 * np.median(times)))


def compare(args, name, model, path, threads, goal):
    net = Theirs(path, threads)
    mine, theirs = [], []
    for _ in range(args.rounds):
        mine.append(ours(args.antifaz, model, threads, args.runs)["median_ms"])
        theirs.append(float(np.median(net.times(args.runs))))
    ratio = np.median(mine) / np.median(theirs)
    verdict = "" if ratio <= goal else f"  above {goal}"
    print(
        f"{name:32} {threads} threads  {np.median(mine):7.3f} ms  LiteRT {np.median(theirs):7.3f} ms"
        f"  ratio {ratio:.2f} ({min(np.divide(mine, theirs)):.2f} to {max(np.divide(mine, theirs)):.2f})"
        f"  disturbed {disturbed(mine)} and {disturbed(theirs)} of {args.rounds}{verdict}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target", "release", "antifaz"))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--net", help="only nets with this in their name")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(TASK) as bundle:
        nets = [
            (name, f"{TASK}#{name}", bundle.extract(f"{name}.tflite", folder), goal) for name, goal in BUNDLED
        ]
        for name, goal in SINGLE:
            path = os.path.join(MODELS, name, f"{name}.tflite")
            nets.append((name, path, path, goal))
        processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        for threads in map(int, args.threads.split(",")):
            if processors:
                os.sched_setaffinity(0, processors[:threads])
            for name, model, path, goal in nets:
                if not args.net or args.net in name:
                    compare(args, name, model, path, threads, goal)


if __name__ == "__main__":
    main()
