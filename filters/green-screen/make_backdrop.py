#!/usr/bin/env python3
"""Makes aurora.jpg, the bundled backdrop: northern lights over a lake.

    python3 make_backdrop.py          (needs numpy and Pillow)

All is computed from seeded noise; there is no picture from elsewhere in it.
"""
import pathlib

import numpy as np
from PIL import Image

W, H = 1600, 900
SHORE = 0.74


def smoothstep(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def encode(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def wave(rng, x, size, octaves):
    """Smooth noise along a line, about -1..1."""
    total, height = np.zeros_like(x), 1.0
    for _ in range(octaves):
        knots = rng.uniform(-1, 1, int(size * (x.max() + 1)) + 4)
        at = x * size
        cell = at.astype(int)
        t = at - cell
        t = t * t * (3 - 2 * t)
        total += height * (knots[cell] * (1 - t) + knots[cell + 1] * t)
        size, height = size * 2, height * 0.5
    return total


def sky(rng, u, v):
    light = np.array([0.006, 0.012, 0.035]) + np.array([0.012, 0.05, 0.075]) * smoothstep(0.1, 0.8, v)[..., None]
    row = u[0]
    for base, reach, strength, seed in ((0.56, 0.30, 0.75, 1), (0.44, 0.36, 0.55, 2), (0.62, 0.18, 0.35, 3)):
        own = np.random.default_rng(seed)
        line = base + 0.10 * wave(own, row, 2.2, 2) + 0.012 * wave(own, row, 14, 2)
        rays = 0.62 + 0.38 * wave(own, row, 38, 3) * 0.9
        height = reach * (0.75 + 0.35 * wave(own, row, 5, 3))
        above = (line[None, :] - v) / np.maximum(height[None, :], 0.05)
        # A curtain: sharp below, fading upwards, green below and violet above.
        body = smoothstep(-0.10, 0.06, above) * np.exp(-2.4 * np.maximum(above, 0)) * np.clip(rays, 0, 2)[None, :]
        fade = smoothstep(0.0, 0.25, row) * smoothstep(1.05, 0.6, row)
        body = body * (0.35 + 0.65 * fade)[None, :] * strength
        tone = smoothstep(0.1, 0.9, above)[..., None]
        light = light + body[..., None] * (np.array([0.05, 0.85, 0.42]) * (1 - tone) + np.array([0.42, 0.12, 0.75]) * tone)
    return light


def main():
    rng = np.random.default_rng(12)
    y, x = np.mgrid[0:H, 0:W]
    u, v = x / W, y / H
    light = sky(rng, u, v)
    stars = np.zeros((H, W))
    for _ in range(420):
        cx, cy, size = rng.uniform(0, W), rng.uniform(0, SHORE * H) * rng.uniform(0.3, 1), rng.uniform(0.5, 1.1)
        x0, y0 = int(cx), int(cy)
        box = np.s_[max(y0 - 4, 0):y0 + 5, max(x0 - 4, 0):x0 + 5]
        stars[box] += rng.uniform(0.1, 0.8) ** 2 * np.exp(-np.hypot(x[box] - cx, y[box] - cy) ** 2 / (2 * size ** 2))
    light += stars[..., None] * np.array([0.85, 0.92, 1.0])
    # Far shores, then the lake that mirrors all of it, a little rippled and darker.
    for line, color in ((SHORE - 0.05, (0.010, 0.022, 0.034)), (SHORE - 0.02, (0.004, 0.009, 0.015))):
        top = line + 0.03 * wave(rng, u[0], 5, 5)
        cover = smoothstep(-0.7, 0.7, (v - top[None, :]) * H)[..., None]
        light = light * (1 - cover) + np.array(color) * cover
    below = v > SHORE
    ripple = wave(rng, (v[:, 0] - SHORE).clip(0) ** 0.7 * 8, 9, 3) * 6
    source = np.clip((2 * SHORE - v) * H, 0, SHORE * H - 1).astype(int)
    shift = np.clip(x + ripple[:, None] * (1 + 8 * (v - SHORE).clip(0)), 0, W - 1).astype(int)
    mirror = light[source, shift]
    for k in (2, 4, 7):
        mirror = mirror + light[np.clip(source - k, 0, H - 1), shift] + light[np.clip(source + k, 0, H - 1), shift]
    light = np.where(below[..., None], mirror / 7 * (0.55 - 0.5 * (v - SHORE).clip(0))[..., None] + 0.002, light)
    # A little grain keeps gradients from banding.
    coded = encode(1 - np.exp(-1.5 * light)) + rng.normal(0, 0.005, (H, W, 1))
    image = Image.fromarray(np.round(np.clip(coded, 0, 1) * 255).astype(np.uint8))
    image.save(pathlib.Path(__file__).with_name('aurora.jpg'), quality=86, optimize=True)


if __name__ == '__main__':
    main()
