#!/usr/bin/env python3
"""Draws design.png: a calavera, the sugar skull of the Day of the Dead, in the texture space of the canonical face.

    python3 make_design.py          (needs numpy, opencv-python)

Red: what is black, green: petals around the eyes, alpha: flowers and leaves, each as signed distance to its edge
(0.5 + distance / (2 * REACH) in thousandths, more than 0.5 inside). Blue: where there is paint at all; the shader leaves out the eyes.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
SOCKET, RADIUS = (347, 374), (106, 80)
PETALS = 15


def ring(scale, count=120):
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = np.cos(turn), np.sin(turn)
    # Drawn down towards the outside, as sockets of a skull are.
    return np.stack([SOCKET[0] + RADIUS[0] * scale * x, SOCKET[1] + RADIUS[1] * scale * y - 10 * x * y], 1)


def flower(sheet, x, y, size, petals, turn, grow=0.0):
    for i in range(petals):
        angle = turn + 2 * np.pi * i / petals
        along = np.array([np.cos(angle), np.sin(angle)])
        sheet.leaf(np.array([x, y]) + along * size * 0.16, np.array([x, y]) + along * size, size * 0.19 + grow)


def disc(x, y, radius):
    turn = np.linspace(0, 2 * np.pi, 48)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)


def black(uv):
    sheet = faces.Sheet()
    for x, y in ring(1.13, PETALS):
        sheet.disc(x, y, 24.5)
    sheet.fill(ring(1.06))
    # The nose: a heart upside down.
    sheet.fill(faces.spline([(504, 474), (497, 474), (480, 506), (456, 546), (447, 572), (458, 592), (480, 594), (497, 578),
                           (504, 578)]))
    # Teeth: a line through the mouth that runs out to the cheeks, and stitches over the lips.
    sheet.stroke([(386, 696), (330, 690), (272, 672), (222, 644)], 4.2, 1.0)
    for i, x in enumerate((500, 470, 441, 413)):
        sheet.stroke([(x, 688), (x, 664), (x - i, 634 + 5 * i)], 2.4, 1.4)
        sheet.stroke([(x, 700), (x, 724), (x - i, 756 - 5 * i)], 2.4, 1.4)
    for x, y, high in ((374, 695, 34), (344, 693, 29), (315, 686, 24), (288, 678, 19), (262, 667, 14)):
        sheet.stroke([(x, y), (x - 2, y - high / 2), (x - 3, y - high)], 2.4, 1.0)
        sheet.stroke([(x, y), (x - 1, y + high / 2), (x - 1, y + high)], 2.4, 1.0)
    # Scrolls on cheeks, temples, forehead and chin.
    sheet.volute((176, 560), 36, 200, 1.4, 1, 4.0)
    sheet.stroke([(170, 596), (190, 622), (222, 630)], 3.6, 1.0)
    sheet.volute((112, 330), 26, 60, 1.3, -1, 3.4)
    sheet.volute((398, 176), 28, 120, 1.4, -1, 3.6)
    sheet.stroke([(384, 201), (352, 204), (316, 186), (284, 190)], 3.2, 0.8)
    sheet.volute((424, 858), 24, -60, 1.35, 1, 3.4)
    sheet.stroke([(436, 837), (466, 826), (478, 812)], 3.2, 0.8)
    for x, y, radius in ((452, 306, 4.2), (438, 284, 3.4), (428, 264, 2.7), (250, 560, 4.2), (272, 572, 3.4), (291, 582, 2.7),
                         (360, 838, 4.2), (340, 822, 3.4), (324, 806, 2.7), (500, 330, 4.5), (500, 312, 3.4)):
        sheet.disc(x, y, radius)
    flower(sheet, 500, 222, 70, 8, np.pi / 2, 4)
    flower(sheet, 500, 864, 46, 6, -np.pi / 2, 3)
    sheet.disc(500, 222, 15)
    sheet.disc(500, 864, 10)
    sheet.fill(uv[faces.MOUTH], 0)
    return sheet


def petals():
    sheet = faces.Sheet()
    for x, y in ring(1.13, PETALS):
        sheet.disc(x, y, 19.5)
    sheet.fill(ring(1.03), 0)
    return sheet


def flowers():
    sheet = faces.Sheet()
    flower(sheet, 500, 222, 64, 8, np.pi / 2)
    flower(sheet, 500, 864, 41, 6, -np.pi / 2)
    # The flowers' hearts stay dark, with a dot.
    sheet.fill(disc(500, 222, 14), 0)
    sheet.fill(disc(500, 864, 9), 0)
    sheet.disc(500, 222, 7)
    sheet.disc(500, 864, 4.5)
    for root, tip, width in (((438, 236), (404, 252), 7), ((434, 214), (408, 226), 5), ((206, 596), (240, 604), 6),
                             ((132, 376), (152, 412), 6), ((96, 366), (92, 404), 5), ((462, 868), (452, 900), 6),
                             ((352, 178), (332, 150), 7), ((322, 160), (300, 140), 5)):
        sheet.leaf(root, tip, width)
    return sheet


def main():
    uv = faces.places()
    paint = faces.ramp(faces.inside(uv[faces.OVAL]), 4, 46) * (1 - faces.ramp(faces.inside(uv[faces.MOUTH]), -1, 0.6))
    channels = [flowers().distance(), paint, petals().distance(), black(uv).distance()]
    rgba = np.round(np.stack([channels[1], channels[2], channels[3], channels[0]], 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), rgba, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
