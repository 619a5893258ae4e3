/*{
  "DESCRIPTION": "Tints with a \"ring\"",
  "CREDIT": "somebody",
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "ringSize", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.0, "MAX": 2.0, "LABEL": "Ring"},
    {"NAME": "tint", "TYPE": "color", "DEFAULT": [1.0, 0.5, 0.0, 1.0]},
    {"NAME": "center", "TYPE": "point2D", "DEFAULT": [0.5, 0.25]},
    {"NAME": "where", "TYPE": "point2D", "MIN": [-1, -1], "MAX": [1, 1]},
    {"NAME": "invert", "TYPE": "bool", "DEFAULT": 1},
    {"NAME": "mode", "TYPE": "long", "VALUES": [1, 4], "LABELS": ["Soft", "Very hard"], "DEFAULT": 4},
    {"NAME": "flash", "TYPE": "event"}
  ]
}*/

void main() {
    vec4 color = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord);
    vec4 beside = IMG_PIXEL(inputImage, gl_FragCoord.xy + vec2(4.0, 0.0));
    float ring = abs(length(gl_FragCoord.xy - center) / RENDERSIZE.y - ringSize);
    if (mode == 4) ring = step(0.05, ring);
    if (invert) color.rgb = 1.0 - color.rgb;
    if (flash) color = tint;
    color.rg += where * 0.1;
    gl_FragColor = mix(tint, mix(color, beside, 0.5), clamp(ring, 0.0, 1.0));
}
