#!/usr/bin/env python3
"""Times the shipped nets here and in ncnn on the same Vulkan device, alternately, and prints the ratios of the medians.

    ratios.py [--antifaz BINARY] [--rounds N] [--runs N] [--net NAME] [--kernels single,fused] [--precision f32,f16]

Each round times ours once for each kind of kernels and each precision, then ncnn once for each precision; then the next
round begins. Both sides count all of a run: bringing the input there, submitting, and the output in the host's memory. Both
draw on all cores of a software device (LP_NUM_THREADS in the environment reaches both). A net is only timed after
convert.py's check against LiteRT.

ncnn gets its options as they come (f16: storage, packing and arithmetic); for f32, all of f16 switched off; and that once
more with plain convolutions and no OpenMP threads that spin beside the device's. `ncnn best` is the fastest of these in
each round. Needs: pip install ai-edge-litert ncnn numpy; a release build.
ncnn is BSD-3-Clause; nothing of it is bundled or committed.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from importlib.metadata import version

import ncnn
import numpy as np

import convert
from convert import ROOT

GOAL = 0.7
SINGLE = {"use_fp16_storage": False, "use_fp16_packed": False, "use_fp16_arithmetic": False}
PLAIN = {"use_sgemm_convolution": False, "use_winograd_convolution": False, "use_subgroup_ops": False}
PLAIN |= {"num_threads": 1, "openmp_blocktime": 0}
THEIRS = {"f32": SINGLE, "f16": {}, "f32 plain": SINGLE | PLAIN}


def ours(binary, name, kernels, precision, runs):
    command = [binary, "net", "bench", convert.antifaz_name(name), "--backend", "gpu", "--kernels", kernels]
    command += ["--precision", precision, "--runs", str(runs)]
    # What it says of the device goes to stderr.
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])["median_ms"]


def theirs(net, source, image, runs):
    found = []
    for _ in range(max(2, runs // 10) + runs):
        start = time.perf_counter()
        convert.run(net, source, image)
        found.append((time.perf_counter() - start) * 1e3)
    return float(np.median(found[-runs:]))


def checked(name, path, source, order):
    """The worst relative error of f32, which has to be right, and of f16, which says how well f16 does there."""
    worst = {label: max(convert.check(name, path, source, order, **options)) for label, options in THEIRS.items()}
    worst["f32"] = max(worst["f32"], worst["f32 plain"])
    assert worst["f32"] < 1e-2, f"{name}: the converted net is wrong by {worst['f32']}"
    return worst


def compare(args, name, folder):
    path, source, order = convert.convert(name, folder)
    worst = checked(name, path, source, order)
    print(f"{name}: ncnn's worst error f32 {worst['f32']:.1e}, f16 {worst['f16']:.1e}", flush=True)
    shape = convert.input_shape(name)
    image = ncnn.Mat(np.random.default_rng(1).random((shape[3], shape[1], shape[2]), dtype=np.float32)).clone()
    nets = {label: convert.load(path, **options) for label, options in THEIRS.items()}
    kinds = [(kernels, precision) for kernels in args.kernels for precision in args.precision]
    mine, other = {kind: [] for kind in kinds}, {label: [] for label in nets}
    for _ in range(args.rounds):
        for kind in kinds:
            mine[kind].append(ours(args.antifaz, name, *kind, args.runs))
        for label, net in nets.items():
            other[label].append(theirs(net, source, image, args.runs))
    best = np.min(list(other.values()), axis=0)
    print(f"{'':30} " + ", ".join(f"ncnn {label} {np.median(times):.2f} ms" for label, times in other.items()))
    for (kernels, precision), times in mine.items():
        same, any_ = np.divide(times, other[precision]), np.divide(times, best)
        verdict = "" if kernels != "single" or np.median(same) <= GOAL else f"  above {GOAL}"
        print(
            f"{name:30} {kernels:6} {precision}  {np.median(times):7.2f} ms"
            f"  ncnn {precision} {np.median(other[precision]):7.2f} ms"
            f"  ratio {np.median(same):.2f} ({min(same):.2f} to {max(same):.2f})"
            f"  to ncnn's best {np.median(any_):.2f}{verdict}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--antifaz", default=os.path.join(ROOT, "target", "release", "antifaz"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--net", action="append", choices=convert.NETS)
    parser.add_argument("--kernels", type=lambda text: text.split(","), default=["single", "fused"])
    parser.add_argument("--precision", type=lambda text: text.split(","), default=["f32", "f16"])
    args = parser.parse_args()
    ncnn.create_gpu_instance()
    device = ncnn.get_gpu_info(ncnn.get_default_gpu_index())
    print(
        f"{device.device_name()}, driver {number(device.driver_version())}, Vulkan {number(device.api_version())};"
        f" ncnn {version('ncnn')}, LiteRT {version('ai-edge-litert')}, Python {platform.python_version()};"
        f" LP_NUM_THREADS {os.environ.get('LP_NUM_THREADS', 'not set')}, {os.cpu_count()} cores",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in args.net or convert.NETS:
            compare(args, name, folder)


def number(version_):
    """As Vulkan writes versions."""
    return f"{version_ >> 22}.{version_ >> 12 & 0x3FF}.{version_ & 0xFFF}"


if __name__ == "__main__":
    main()
