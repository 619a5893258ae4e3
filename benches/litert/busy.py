#!/usr/bin/env python3
"""Times every shipped net while another process is busy, and prints the 99th percentile in units of the median.

    busy.py [--antifaz BINARY] [--threads N,...] [--runs N] [--busy N]

A pool of threads that spins too long, or waits for a thread that the system has put aside, shows here. Needs a release
build, and what ratios.py needs.
"""

import argparse
import os
import subprocess
import sys

from ratios import BUNDLED, MODELS, ROOT, SINGLE, TASK, ours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target", "release", "antifaz"))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--runs", type=int, default=1500)
    parser.add_argument("--busy", type=int, default=1, help="busy processes")
    args = parser.parse_args()
    nets = [(name, f"{TASK}#{name}") for name, _ in BUNDLED]
    nets += [(name, os.path.join(MODELS, name, f"{name}.tflite")) for name, _ in SINGLE]
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(args.busy)]
    try:
        for threads in map(int, args.threads.split(",")):
            for name, model in nets:
                times = ours(args.antifaz, model, threads, args.runs)
                median, p99 = times["median_ms"], times["p99_ms"]
                print(
                    f"{name:32} {threads} threads  median {median:.3f} ms  p99 {p99:.3f} ms  {p99 / median:.2f} medians",
                    flush=True,
                )
    finally:
        for other in others:
            other.kill()


if __name__ == "__main__":
    main()
