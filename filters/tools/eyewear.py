"""What the scripts of glasses share (needs numpy). Centimetres, y up, z to the viewer."""
import numpy as np


def depth(x, y):
    """The front's curve: bent around the face, leaning forward above."""
    return 6.35 - 0.034 * x**2 + 0.07 * (y - 2.4)


def outward(p):
    """Normals of a closed counter-clockwise line."""
    along = np.roll(p, -1, 0) - np.roll(p, 1, 0)
    normal = np.stack([along[:, 1], -along[:, 0]], 1)
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def bezier(points, count):
    """A Bezier curve of any degree at `count` places."""
    points, t = np.array(points, float)[:, None].repeat(count, 1), np.linspace(0, 1, count)[:, None]
    while len(points) > 1:
        points = points[:-1] * (1 - t) + points[1:] * t
    return points[0]
