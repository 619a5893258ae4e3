// Waves over the picture.
#version 300 es
precision highp float;
#define PI 3.14159265

float wave(vec2 p, float speed) {
    return 0.5 + 0.5 * sin(6.0 * p.x + speed * iTime + mod(p.y, 0.5) * PI);
}

vec3 look(sampler2D channel, vec2 uv) {
    return texture(channel, uv).rgb;
}

void mainImage(out vec4 fragColor, in vec2 fragCoord)
{
    vec2 uv = fragCoord / iResolution.xy;
    vec2 target = uv + 0.02 * vec2(wave(uv, 2.0), wave(uv.yx, 3.0));
    vec3 col = look(iChannel0, target);
    for (int i = 0; i < 3; i++) col += 0.1 * texelFetch(iChannel1, ivec2(fragCoord) + i, 0).rgb;
    if (iMouse.z > 0.0) col *= vec3(length(uv - iMouse.xy / iResolution.xy));
    fragColor = vec4(col * float(iFrame % 2 + 1), 1.0);
}
