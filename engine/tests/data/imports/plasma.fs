/*
{
    "CREDIT": "the tests",
    "CATEGORIES": ["Generator"],
    "INPUTS": [
        { "NAME": "speed_1", "TYPE": "float", "DEFAULT": 1, "MIN": -2, "MAX": 2 },
        { "NAME": "bands", "TYPE": "long", "MIN": 2, "MAX": 6, "DEFAULT": 3 },
        { "NAME": "linear", "TYPE": "color" }
    ],
    "PASSES": [ {} ]
}
*/

// A generator: no picture goes in, and what is transparent shows the picture below.
float frame(vec2 params) {
    return sin(params.x * float(bands)) * cos(params.y * 3.0 + TIME * speed_1);
}

void main(void)
{
    vec2 at = vv_FragNormCoord.xy;
    at.x *= RENDERSIZE.x / RENDERSIZE.y;
    float v = frame(at * 4.0);
    vec3 decode = 0.5 + 0.5 * cos(6.2831 * (v + vec3(0.0, 0.33, 0.67)));
    gl_FragColor = vec4(decode * linear.rgb, smoothstep(-0.5, 0.5, v));
}
