// Spheres over a floor, marched: structs, matrices, arrays, out and inout parameters, overloads.
#ifdef GL_ES
precision mediump float;
#endif
#define STEPS 48
#define AA(x) ((x) * 0.5)

struct Hit {
    float far;
    int kind;
};

const vec3 COLORS[3] = vec3[3](vec3(0.9, 0.2, 0.1), vec3(0.1, 0.6, 0.9), vec3(0.4));

float hash(float n) { return fract(sin(n) * 43758.5453); }
float hash(vec2 p) { return hash(dot(p, vec2(127.1, 311.7))); }

mat2 turn(float a)
{
    float c = cos(a), s = sin(a);
    return mat2(c, -s, s, c);
}

void nearer(inout Hit best, float far, int kind)
{
    if (far < best.far) {
        best.far = far;
        best.kind = kind;
    }
}

Hit scene(vec3 p)
{
    Hit best = Hit(p.y + 1.0, 2);
    p.xz *= turn(iTime * 0.3);
    nearer(best, length(p) - 1.0, 0);
    for (int i = 0; i < 3; ++i) {
        vec3 q = p - vec3(1.6 * cos(float(i) * 2.1), 0.2, 1.6 * sin(float(i) * 2.1));
        nearer(best, length(q) - AA(0.7), 1);
    }
    return best;
}

void mainImage(out vec4 fragColor, in vec2 fragCoord)
{
    vec2 uv = (2.0 * fragCoord - iResolution.xy) / iResolution.y;
    vec3 from = vec3(0.0, 0.5, -4.0), ray = normalize(vec3(uv, 1.5));
    float far = 0.0;
    int kind = -1;
    for (int i = 0; i < STEPS; i++) {
        Hit hit = scene(from + ray * far);
        far += hit.far;
        if (hit.far < 0.001) { kind = hit.kind; break; }
        if (far > 20.0) break;
    }
    vec3 color = texture(iChannel0, fragCoord / iResolution.xy, 0.0).rgb;
    switch (kind) {
    case 0:
    case 1:
        color = COLORS[kind] * (1.0 - far / 20.0);
        break;
    case 2:
        color = mix(COLORS[2], vec3(hash(floor((from + ray * far).xz))), 0.2);
        break;
    default:
        break;
    }
    fragColor.rgb = color;
}
