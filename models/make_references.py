#!/usr/bin/env python3
"""Makes models/<name>/reference/: inputs, and what LiteRT answers to them.

    pip install ai-edge-litert numpy pillow
    models/make_references.py

A case is `<case>.png` (an 8-bit picture of the net's input size; the value of a channel is byte / 255, for detectors
2 * byte / 255 - 1) or `<case>.f32` (raw little-endian values), with `<case>.out0.f32`, ... beside it, in the net's own
order of outputs. Cases are crops of assets/stills and smoothed noise, always the same ones.
"""
import io
import pathlib
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

MODELS = pathlib.Path(__file__).resolve().parent
STILLS = MODELS.parent / "assets" / "stills"

# (folder of references, model file, member of a bundle)
NETS = [
    ("face_landmarker/reference/face_detector", "face_landmarker/face_landmarker.task", "face_detector"),
    ("face_landmarker/reference/face_landmarks_detector", "face_landmarker/face_landmarker.task", "face_landmarks_detector"),
    ("face_landmarker/reference/face_blendshapes", "face_landmarker/face_landmarker.task", "face_blendshapes"),
    ("face_detection_full_range/reference", "face_detection_full_range/face_detection_full_range.tflite", None),
    ("face_landmark/reference", "face_landmark/face_landmark.tflite", None),
    ("selfie_segmentation/reference", "selfie_segmentation/selfie_segmentation.tflite", None),
    ("selfie_segmentation_landscape/reference", "selfie_segmentation_landscape/selfie_segmentation_landscape.tflite", None),
]
# Still, and the part of it: left, top, right, bottom in 0..1. The first is a face, the second a scene.
CROPS = {
    "face": ("pd_astronaut.png", (0.31, 0.08, 0.57, 0.34)),
    "scene": ("pd_grace_hopper.jpg", (0.0, 0.05, 1.0, 0.85)),
    "cat": ("neg_cat_cc0.png", (0.1, 0.0, 0.9, 1.0)),
}
# Seed, and the size of a blot in pixels.
NOISES = {"noise_fine": (1, 4), "noise_coarse": (2, 24)}


def load(file, member):
    data = (MODELS / file).read_bytes()
    if member:
        data = zipfile.ZipFile(io.BytesIO(data)).read(member + ".tflite")
    net = Interpreter(model_content=data, num_threads=1)
    net.allocate_tensors()
    return net


def crop(name, box, size):
    picture = Image.open(STILLS / name).convert("RGB")
    width, height = picture.size
    box = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
    return picture.resize(size, Image.BILINEAR, box)


def noise(seed, blot, size):
    cells = (size[1] // blot + 2, size[0] // blot + 2, 3)
    values = np.random.default_rng(seed).integers(0, 256, cells, np.uint8)
    return Image.fromarray(values).resize(size, Image.BICUBIC)


def pictures(shape):
    size = (shape[2], shape[1])
    for case, (still, box) in CROPS.items():
        yield case, crop(still, box, size)
    for case, (seed, blot) in NOISES.items():
        yield case, noise(seed, blot, size)


def answer(net, values, folder, case):
    net.set_tensor(net.get_input_details()[0]["index"], values.astype("<f4"))
    net.invoke()
    for index, output in enumerate(net.get_output_details()):
        net.get_tensor(output["index"]).astype("<f4").tofile(folder / f"{case}.out{index}.f32")


def blendshape_points(shape):
    """Points of a head as the net sees them, in pixels of a picture: a face of some 200 px, and bent ones."""
    random = np.random.default_rng(3)
    angle = np.linspace(0, 2 * np.pi, shape[1], endpoint=False)
    radius = 100 * (0.6 + 0.4 * np.cos(5 * angle))
    face = np.stack([320 + radius * np.cos(angle), 240 + 1.3 * radius * np.sin(angle)], -1)
    yield "rosette", face
    yield "jittered", face + random.normal(0, 4, face.shape)
    yield "uniform", random.uniform(0, 256, face.shape)


def main():
    for where, file, member in NETS:
        net, folder = load(file, member), MODELS / where
        folder.mkdir(parents=True, exist_ok=True)
        shape = tuple(net.get_input_details()[0]["shape"])
        if len(shape) == 4:
            for case, picture in pictures(shape):
                picture.save(folder / f"{case}.png", optimize=True)
                values = np.asarray(picture, np.float32)[None] / 255
                answer(net, 2 * values - 1 if "detect" in where and "landmarks" not in where else values, folder, case)
        else:
            for case, points in blendshape_points(shape):
                points.astype("<f4").tofile(folder / f"{case}.f32")
                answer(net, points[None].astype("<f4"), folder, case)
        print(where, shape)


if __name__ == "__main__":
    main()
