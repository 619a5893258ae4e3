#!/usr/bin/env python3
"""Makes film.cube: the grade of this filter as a 33-point table over sRGB-coded colours.

    python3 make_lut.py          (needs numpy)

A print-film look in four steps: a soft S-curve with lifted, slightly cool blacks and creamy whites; teal in the
shadows against amber in the highlights; denser, less electric greens and blues; skin hues left where they are.
"""
import pathlib

import numpy as np

SIZE = 33
LUMA = np.array([0.2126, 0.7152, 0.0722])


def smoothstep(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def curve(x):
    """S-curve around middle grey with a gentle toe and shoulder."""
    s = x + 0.13 * np.sin(2 * np.pi * (x - 0.5)) / np.pi * (0.6 + 0.4 * x)
    return 0.025 + 0.95 * s


def grade(rgb):
    """sRGB-coded colours (n, 3), 0..1, to the graded ones."""
    luma = rgb @ LUMA
    out = curve(rgb)
    # Split toning, faded out in the deepest shadows and the brightest lights.
    shadow = (1 - smoothstep(0.0, 0.55, luma)) * smoothstep(0.0, 0.12, luma)
    light = smoothstep(0.35, 0.85, luma) * (1 - smoothstep(0.92, 1.0, luma) * 0.6)
    out += shadow[:, None] * np.array([-0.022, 0.008, 0.02])
    out += light[:, None] * np.array([0.026, 0.006, -0.03])
    # Saturation by hue: skin keeps its own, greens and blues give some up and darken, as dyes do.
    grey = (out @ LUMA)[:, None]
    chroma = rgb - luma[:, None]
    angle = np.degrees(np.arctan2(np.sqrt(3) * (chroma[:, 1] - chroma[:, 2]),
                                  2 * chroma[:, 0] - chroma[:, 1] - chroma[:, 2]))
    strength = np.clip(np.ptp(rgb, axis=1) * 2.5, 0, 1)

    def near(hue, width):
        away = np.abs((angle - hue + 180) % 360 - 180)
        return (1 - smoothstep(0, width, away)) * strength

    green, blue, skin = near(110, 75), near(225, 70), near(25, 45)
    keep = 0.96 - 0.24 * green - 0.16 * blue + 0.06 * skin
    out = grey + (out - grey) * keep[:, None]
    out *= (1 - 0.07 * green - 0.06 * blue)[:, None]
    return np.clip(out, 0, 1)


def main():
    axis = np.linspace(0, 1, SIZE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing='ij')  # red runs fastest
    table = grade(np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1))
    lines = ['# Made by make_lut.py.', 'TITLE "Antifaz film"', f'LUT_3D_SIZE {SIZE}']
    lines += [f'{r:.5f} {g:.5f} {b:.5f}' for r, g, b in table]
    pathlib.Path(__file__).with_name('film.cube').write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
