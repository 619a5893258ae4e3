#!/usr/bin/env python3
"""Makes hills.jpg and lights.jpg, the bundled backdrops: a valley at dusk, and a city's lights out of focus.

    python3 make_backdrops.py          (needs numpy and Pillow)

All is computed from seeded noise; there is no picture from elsewhere in them.
"""
import pathlib

import numpy as np
from PIL import Image

W, H = 1600, 900


def smoothstep(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def encode(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def decode(hexcode):
    value = np.array([int(hexcode[i:i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def ridge(rng, x, octaves, roughness):
    """A line of hills: sums of smooth noise, about -1..1."""
    total, size, height = np.zeros_like(x), 3.0, 1.0
    for _ in range(octaves):
        knots = rng.uniform(-1, 1, int(size * 2) + 4)
        at = x * size
        cell = at.astype(int)
        t = at - cell
        t = t * t * (3 - 2 * t)
        total += height * (knots[cell] * (1 - t) + knots[cell + 1] * t)
        size, height = size * 2.1, height * roughness
    return total


def clouds(rng, shape, cells, octaves):
    """Soft clouds, 0..1, wide and flat as they are near the horizon."""
    y, x = np.mgrid[0:shape[0], 0:shape[1]]
    total, weight, height = np.zeros(shape), 0.0, 1.0
    for octave in range(octaves):
        nx, ny = cells[0] * 2 ** octave, cells[1] * 2 ** octave
        grid = rng.uniform(0, 1, (ny + 2, nx + 2))
        u, v = x / shape[1] * nx, y / shape[0] * ny
        i, j = u.astype(int), v.astype(int)
        u, v = u - i, v - j
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        total += height * ((grid[j, i] * (1 - u) + grid[j, i + 1] * u) * (1 - v)
                           + (grid[j + 1, i] * (1 - u) + grid[j + 1, i + 1] * u) * v)
        weight, height = weight + height, height * 0.5
    return total / weight


def gradient(at, stops):
    places = [place for place, _ in stops]
    colors = np.array([decode(color) for _, color in stops])
    return np.stack([np.interp(at, places, colors[:, i]) for i in range(3)], axis=-1)


def hills():
    rng = np.random.default_rng(9)
    y, x = np.mgrid[0:H, 0:W]
    u, v = x / W, y / H
    light = gradient(v, [(0, '2b3a6b'), (0.25, '5b6aa3'), (0.42, 'c58fa0'), (0.55, 'f3b489'), (0.66, 'ffdca6'), (1, 'ffe2b8')])
    sun = np.array([0.66, 0.565])
    distance = np.hypot((u - sun[0]) * W / H, v - sun[1])
    glow = decode('ffd9a0') * (0.9 * np.exp(-distance / 0.05) + 0.35 * np.exp(-distance / 0.25))[..., None]
    veil = smoothstep(0.45, 0.85, clouds(rng, (H, W), (3, 14), 5)) * smoothstep(0.62, 0.2, v)
    light = light * (1 - 0.45 * veil[..., None]) + 0.45 * veil[..., None] * gradient(v, [(0, '6b6a9c'), (0.5, 'ffc0a0')])
    light += glow + decode('fff6e0') * 3.0 * smoothstep(0.03, 0.024, distance)[..., None]
    haze = decode('f2b693')
    for layer in range(6):
        depth = layer / 5  # 0 far, 1 near
        line = 0.585 + 0.075 * layer + (0.05 + 0.035 * depth) * ridge(rng, u[0] * (1.1 - 0.35 * depth), 6, 0.42)
        inside = smoothstep(-0.5, 0.5, (v - line[None, :]) * H / (1.6 + 2.0 * depth))
        color = haze * (1 - depth) ** 1.3 * 0.75 + decode('1d2a3a') * (0.25 + 0.55 * depth)
        mist = np.exp(-np.maximum(v - line[None, :], 0) / 0.055)[..., None]
        shaded = color * (0.72 + 0.28 * mist) + haze * (1 - mist) * 0.30 * (1 - depth)
        # Slopes that look to the sun are warmer.
        shaded = shaded + decode('ff9a5a') * (0.12 * (1 - depth) * np.exp(-np.abs(u - sun[0]) / 0.25))[..., None]
        light = light * (1 - inside[..., None]) + shaded * inside[..., None]
    return light, rng


def lights():
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:H, 0:W]
    v = y / H
    light = gradient(v, [(0, '0b1026'), (0.38, '1c2448'), (0.52, '3a2c55'), (0.8, '1a1730'), (1, '0c0d1c')])
    colors = [decode(c) for c in ('ffb066', 'ff7a4a', 'ffe2b0', 'ff5f8a', '5fb8ff', 'ff9a6a', 'ffd27a', 'ffb066')]
    for _ in range(230):
        # Most lights are near the horizon of the streets; nearer ones are larger and lower.
        depth = rng.uniform() ** 1.6
        cx = rng.uniform(-0.05, 1.05) * W
        cy = (0.46 + rng.normal() * (0.1 + 0.12 * depth) + 0.1 * depth) * H
        radius = (11 + 62 * depth) * rng.uniform(0.75, 1.15)
        color = colors[rng.integers(len(colors))] * rng.uniform(0.10, 0.55) * (1 - 0.45 * depth)
        x0, x1 = int(max(cx - radius - 3, 0)), int(min(cx + radius + 4, W))
        y0, y1 = int(max(cy - radius - 3, 0)), int(min(cy + radius + 4, H))
        if x0 >= x1 or y0 >= y1:
            continue
        d = np.hypot(x[y0:y1, x0:x1] - cx, y[y0:y1, x0:x1] - cy)
        # A lens draws discs with a slightly brighter rim.
        disc = smoothstep(radius * 1.06 + 1, radius * 0.92 - 1, d) * (0.75 + 0.35 * smoothstep(radius * 0.7, radius, d))
        light[y0:y1, x0:x1] += disc[..., None] * color
    return 1 - np.exp(-1.2 * light), rng


def main():
    folder = pathlib.Path(__file__).parent
    for name, make in (('hills', hills), ('lights', lights)):
        light, rng = make()
        # A little grain keeps gradients from banding.
        coded = encode(light) + rng.normal(0, 0.004, (H, W, 1))
        image = Image.fromarray(np.round(np.clip(coded, 0, 1) * 255).astype(np.uint8))
        image.save(folder / f'{name}.jpg', quality=86, optimize=True)


if __name__ == '__main__':
    main()
