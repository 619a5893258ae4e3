#!/usr/bin/env bash
# What a whole frame costs on a GPU: benches/gpu/frame.sh ANTIFAZ CLIP OUT
# ANTIFAZ is a release build, CLIP a clip of 1920x1080, OUT a folder for the figures. Times what a level costs, the levels
# of a frame and of each net, and 4000 frames of the clip, half of them as a whole and half by their stages, with four filters,
# 478 landmarks, expressions and the landscape mask, each detector looking for more faces every 30th frame: as it is, with
# expressions a frame late, with drawn passes, with those two of the filters that draw no mesh, and with four light ones, of
# which the last three share a pass. Then the passes of each filter at 1920x1080, drawn and computed. Also tracks bundled clips
# on GPU and CPU, for benches/gpu/apart.py.
set -uo pipefail
antifaz=$1 clip=$2 out=$3
mkdir -p "$out"
"$antifaz" doctor | sed -n '1,/cameras/p' | head -n -1 >"$out/machine.txt"
"$antifaz" bench --latency >"$out/latency.txt"
bundle=models/face_landmarker/face_landmarker.task
frames() {
  local to=$1
  shift
  "$antifaz" bench --input "$clip" --in-memory --blendshapes --matte --nets gpu --frames "${FRAMES-4000}" --json "$@" >"$out/$to.json"
}
all=(--filter studio-blur --filter glasses --filter face-paint --filter film)
frames frame "${all[@]}"
frames frame-late "${all[@]}" --late-blendshapes
frames frame-drawn "${all[@]}" --passes draw
frames frame-no-mesh --filter studio-blur --filter film
frames frame-no-mesh-late --filter studio-blur --filter film --late-blendshapes
light=(--filter reshape --filter glitch --filter light-leaks --filter film)
frames frame-light "${light[@]}"
frames frame-light-late "${light[@]}" --late-blendshapes
for passes in draw compute; do
  for filter in filters/*/filter.toml; do
    "$antifaz" filter bench "$(basename "$(dirname "$filter")")" --size 1920x1080 --frames 20 --json --passes $passes
  done >"$out/filters-$passes.jsonl"
done
for clip in assets/clips/cap12_33s-53s_12fps5_mjpeg.avi assets/clips/mit_pyfeat_single_face.mp4; do
  for nets in gpu cpu; do
    name=$(basename "$clip")
    "$antifaz" track --input "$clip" --nets $nets --out "$out/${name%.*}.$nets.jsonl" --times >"$out/${name%.*}.$nets.txt"
  done
done
for net in "$bundle#face_detector" "$bundle#face_landmarks_detector" "$bundle#face_blendshapes" \
  models/selfie_segmentation_landscape/selfie_segmentation_landscape.tflite; do
  for precision in f32 f16; do
    echo "== $net $precision"
    "$antifaz" net plan "$net" --backend gpu --precision $precision --times
  done
done >"$out/nets.txt"
"$antifaz" net plan --frame --times >"$out/levels.txt"
