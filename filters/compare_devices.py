#!/usr/bin/env python3
"""Draws every filter on two devices and says how far apart the pictures are, in Delta E 2000.

    python3 filters/compare_devices.py --second-icd swiftshader.json        all filters, llvmpipe beside SwiftShader
    python3 filters/compare_devices.py film glasses --second-adapter NVIDIA
    python3 filters/compare_devices.py --second-passes compute              drawn passes beside computed ones
    python3 filters/compare_devices.py --kept DIR --second-adapter NVIDIA   the first device was another machine's (--keep)
    python3 filters/compare_devices.py --second-icd F --json figures.json   the figures in a file too
    python3 filters/compare_devices.py --self-test                          only checks the colour difference

A device is chosen by the Vulkan driver's file (--first-icd, --second-icd) or by a part of its name (--first-adapter,
--second-adapter). Each filter is drawn over stills and over frames of a clip; nets run on the CPU on both sides, so that
the same faces and mattes go into the shaders. Of each filter the picture with the worst mean and the one with the
worst 99th percentile count. Ends with 1 where a filter is over the limits.

Needs numpy, Pillow and a built `antifaz` (cargo build, or --binary).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

import previews

STILLS = ['pd_astronaut.png', 'pd_grace_hopper.jpg', 'mit_pyfeat_three.jpg']
CLIP = 'cap12_33s-53s_12fps5_mjpeg.avi'
MOST_MEAN = 0.5
MOST_P99 = 3.0

# Pairs of colours in CIE Lab and their difference: Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula", 2005,
# table 1. They reach every branch of the formula: hues beside 0 and 360 degrees, greys, blues, very dark colours.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def lab(rgb):
    """CIE Lab (D65) of sRGB in 0..1."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124564, 0.3575761, 0.1804375],
                             [0.2126729, 0.7151522, 0.0721750],
                             [0.0193339, 0.1191920, 0.9503041]]).T / [0.95047, 1.0, 1.08883]
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def difference(first, second):
    """CIEDE2000 of colours in CIE Lab, with all weights 1."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    grow = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + 25.0 ** 7))
    c1, c2 = np.hypot(a1 * grow, b1), np.hypot(a2 * grow, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1 * grow)) % 360, np.degrees(np.arctan2(b2, a2 * grow)) % 360
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    # Opposite hues turn by +180 where h2 > h1, else by -180.
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    far = coloured & (np.abs(h1 - h2) > 180)
    hue = np.where(coloured, (h1 + h2) / 2 + np.where(far, np.where(h1 + h2 < 360, 180, -180), 0), h1 + h2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    cosine = lambda factor, shift: np.cos(np.radians(factor * hue + shift))
    t = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6) - 0.20 * cosine(4, -63)
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotate = -2 * np.sqrt(chroma ** 7 / (chroma ** 7 + 25.0 ** 7)) * np.sin(
        np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return np.sqrt(np.maximum(dl ** 2 + dc ** 2 + dh ** 2 + rotate * dc * dh, 0))


def self_test():
    for first, second, published in PUBLISHED:
        for pair in [(first, second), (second, first)]:
            found = float(difference(*(np.array(color) for color in pair)))
            assert abs(found - published) < 1e-4, f'{pair}: {found:.4f} for {published}'
    white, red = lab(np.array([1.0, 1.0, 1.0])), lab(np.array([1.0, 0.0, 0.0]))
    assert np.abs(white - [100, 0, 0]).max() < 0.02, white
    assert np.abs(red - [53.24, 80.09, 67.20]).max() < 0.02, red


def colors(path):
    """A picture in CIE Lab; where it is transparent a grey shows through."""
    drawn = Image.open(path).convert('RGBA')
    drawn = Image.alpha_composite(Image.new('RGBA', drawn.size, '#808080'), drawn).convert('RGB')
    return lab(np.asarray(drawn, dtype=np.float64) / 255)


def sources(args, place):
    """(name, file, options of the render) of all that filters are drawn over; stills no larger than --side."""
    found = []
    for path in [previews.STILLS / name for name in STILLS] + args.picture:
        still = Image.open(path).convert('RGB')
        still.thumbnail((args.side, args.side), Image.LANCZOS)
        small = place / f'{path.stem}.png'
        still.save(small)
        found.append((path.stem, small, []))
    found.append(('clip', previews.CLIPS / CLIP, ['--fps', args.fps, '--frames', args.frames]))
    return found


def draw(args, device, look, source, out):
    name, path, options = source
    icd, adapter, passes = device
    environment = dict(os.environ)
    if icd:
        # The first is the name that older Vulkan loaders know.
        environment |= {'VK_ICD_FILENAMES': str(icd), 'VK_DRIVER_FILES': str(icd)}
    to = out / name if options else out / f'{name}.png'
    if options:
        to.mkdir(parents=True)
    command = [args.binary, '--data', previews.ROOT, '--quiet', 'render', '--nets', 'cpu', '--input', path, *options]
    command += ['--filter', look, '--out', to] + (['--adapter', adapter] if adapter else [])
    command += ['--passes', passes] if passes else []
    subprocess.run([str(part) for part in command], check=True, env=environment)
    return sorted(to.glob('*.png')) if options else [to]


def compare(args, folder, given):
    """Worst mean and 99th percentile of a filter, each with the picture that has it."""
    devices = [(args.first_icd, args.first_adapter, args.first_passes),
               (args.second_icd, args.second_adapter, args.second_passes)]
    means, p99s = {}, {}
    for source in given:
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(args.keep or place) / folder.name
            sides = []
            if args.kept:
                kept = args.kept / folder.name / '0'
                sides.append(sorted((kept / source[0]).glob('*.png')) or list(kept.glob(f'{source[0]}.png')))
                if not sides[0]:
                    continue
            for number, device in list(enumerate(devices))[len(sides):]:
                out = place / f'{number}'
                out.mkdir(parents=True, exist_ok=True)
                sides.append(draw(args, device, folder.name, source, out))
            assert len(sides[0]) == len(sides[1]) > 0, f'{folder.name}: {sides}'
            for first, second in zip(*sides):
                apart = difference(colors(first), colors(second))
                name = source[0] if len(sides[0]) == 1 else f'{source[0]} {first.stem}'
                means[name], p99s[name] = float(apart.mean()), float(np.percentile(apart, 99))
    worst = max(means, key=means.get), max(p99s, key=p99s.get)
    return {'filter': folder.name, 'mean': round(means[worst[0]], 3), 'mean_of': worst[0],
            'p99': round(p99s[worst[1]], 3), 'p99_of': worst[1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='FILTER')
    parser.add_argument('--binary', default=previews.ROOT / 'target/debug/antifaz', help='else that of cargo build')
    for side in ('first', 'second'):
        parser.add_argument(f'--{side}-icd', metavar='FILE', type=pathlib.Path, help='the Vulkan driver\'s JSON file')
        parser.add_argument(f'--{side}-adapter', metavar='NAME', help='a part of the adapter\'s name')
        parser.add_argument(f'--{side}-passes', choices=['draw', 'compute'], help='how passes over the picture are done')
    parser.add_argument('--side', type=int, default=400, help='the longest side of stills')
    parser.add_argument('--frames', type=int, default=6, help='frames of the clip')
    parser.add_argument('--fps', type=float, default=2, help='frames of the clip in a second')
    parser.add_argument('--picture', metavar='FILE', type=pathlib.Path, action='append', default=[],
                        help='one more picture to draw over')
    parser.add_argument('--kept', metavar='DIR', type=pathlib.Path,
                        help='what --keep left on another machine stands for the first device')
    parser.add_argument('--keep', metavar='DIR', help='a new folder that the pictures are left in')
    parser.add_argument('--json', metavar='FILE', type=pathlib.Path, help='the figures go here too')
    parser.add_argument('--self-test', action='store_true')
    args = parser.parse_args()
    self_test()
    if args.self_test:
        return print(f'{len(PUBLISHED)} published differences found')
    given = [args.first_icd, args.first_adapter, args.first_passes, args.second_icd, args.second_adapter, args.second_passes]
    if not any(given) and not args.kept:
        parser.error('one device would be compared with itself: name two')
    figures = []
    with tempfile.TemporaryDirectory() as place:
        given = sources(args, pathlib.Path(place))
        for folder in previews.filters(args.names):
            found = compare(args, folder, given)
            figures.append(found | {'within': found['mean'] <= MOST_MEAN and found['p99'] <= MOST_P99})
            print(f"{'ok  ' if figures[-1]['within'] else 'OVER'} {folder.name:22} mean {found['mean']:.3f} "
                  f"({found['mean_of']})  p99 {found['p99']:.3f} ({found['p99_of']})", flush=True)
    if args.json:
        args.json.write_text('[\n' + ',\n'.join(f' {json.dumps(row)}' for row in figures) + '\n]\n')
    over = [row['filter'] for row in figures if not row['within']]
    if over:
        sys.exit(f"over a mean of {MOST_MEAN} or a 99th percentile of {MOST_P99}: {', '.join(over)}")
    print(f'{len(figures)} filters within a mean of {MOST_MEAN} and a 99th percentile of {MOST_P99}')


if __name__ == '__main__':
    main()
