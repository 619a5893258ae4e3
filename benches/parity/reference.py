"""MediaPipe's own answers for pictures and clips: pip install mediapipe==0.10.21 numpy pillow; ffmpeg for clips."""

import json
import os
import subprocess

import mediapipe as mp
import numpy as np
from PIL import Image

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TASK = os.path.join(ROOT, "models", "face_landmarker", "face_landmarker.task")
STILLS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def landmarker(video, faces):
    vision = mp.tasks.vision
    mode = vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE
    return vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=TASK),
            running_mode=mode,
            num_faces=faces,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
    )


def still(path):
    """The upright picture, height x width x 3 bytes."""
    return np.ascontiguousarray(Image.open(path).convert("RGB"))


def frames(path):
    """(milliseconds, picture) of every frame of a clip, or of the one still."""
    if path.lower().endswith(STILLS):
        yield 0, still(path)
        return
    ask = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height,avg_frame_rate"]
    stream = json.loads(subprocess.check_output([*ask, "-of", "json", path]))["streams"][0]
    width, height = stream["width"], stream["height"]
    rate, per = map(int, stream["avg_frame_rate"].split("/"))
    read = ["ffmpeg", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    pipe = subprocess.Popen(read, stdout=subprocess.PIPE)
    index = 0
    try:
        while len(data := pipe.stdout.read(width * height * 3)) == width * height * 3:
            yield index * per * 1000 // rate, np.frombuffer(data, np.uint8).reshape(height, width, 3)
            index += 1
    finally:
        pipe.kill()


def faces(result):
    """A task's result as plain values: landmarks [478, 3], blendshapes [52], pose [16] (row by row)."""
    return [
        {
            "landmarks": [[round(p.x, 6), round(p.y, 6), round(p.z, 6)] for p in landmarks],
            "blendshapes": [round(c.score, 5) for c in blendshapes],
            "pose": [round(float(v), 5) for v in np.asarray(pose).ravel()],
        }
        for landmarks, blendshapes, pose in zip(
            result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes
        )
    ]


def look(path, video, count, limit=None):
    """The faces of every frame."""
    with landmarker(video, count) as task:
        found = []
        for millis, picture in frames(path):
            if limit is not None and len(found) == limit:
                break
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
            found.append(faces(task.detect_for_video(image, millis) if video else task.detect(image)))
        return found


def matte(path, landscape):
    """The person mask of a still, 0..1, at its size."""
    with mp.solutions.selfie_segmentation.SelfieSegmentation(model_selection=int(landscape)) as net:
        return net.process(still(path)).segmentation_mask
