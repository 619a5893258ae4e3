#!/usr/bin/env python3
"""Stores what MediaPipe sees in stills, so that filters can be tested without nets.

    python3 observe.py STILL...          (needs mediapipe==0.10.21, numpy, pillow)

For each still of the folder above: NAME.json with the landmarks of every face (x and y in 0..1 of the picture, z in
units of its width) and its pose (column by column), and NAME.png with the person mask (256x256).
"""
import json
import pathlib
import sys

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parents[2] / 'models/face_landmarker/face_landmarker.task'


def main():
    landmarker = vision.FaceLandmarker.create_from_options(vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(MODEL)), num_faces=8,
        output_facial_transformation_matrixes=True))
    person = mp.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
    for still in sys.argv[1:]:
        pixels = np.array(Image.open(HERE.parent / still).convert('RGB'))
        seen = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels))
        faces = [{'landmarks': [[round(float(v), 6) for v in (p.x, p.y, p.z)] for p in face],
                  'pose': [round(float(v), 5) for v in np.asarray(matrix).T.ravel()]}
                 for face, matrix in zip(seen.face_landmarks, seen.facial_transformation_matrixes)]
        name = pathlib.Path(still).stem
        (HERE / f'{name}.json').write_text(json.dumps({'faces': faces}, separators=(',', ':')) + '\n')
        mask = person.process(pixels).segmentation_mask
        mask = Image.fromarray(np.round(np.clip(mask, 0, 1) * 255).astype(np.uint8))
        mask.resize((256, 256), Image.BOX).save(HERE / f'{name}.png', optimize=True)
        print(f'{still}: {len(faces)} faces')


if __name__ == '__main__':
    main()
