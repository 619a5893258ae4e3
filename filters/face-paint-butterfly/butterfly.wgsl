// Wings in three colours that run into each other, dark lines, white drops, and glitter that twinkles as the head
// moves.

import antifaz::face_mesh::{Varying};
import antifaz::frame::{linear, picture_at};
import antifaz::noise::{random3, value_noise};
import antifaz::sdf::{line_cover, soft_cover};
import antifaz::shading;
import antifaz::studio::{studio_light};
import package::inputs::{design, params};

/// How deep inside, in the units of the distances, a line is an area.
const AREA: vec2f = vec2f(1.5, 6.0);

/// The design's distances reach this far, in thousandths of its side (make_design.py).
const REACH: f32 = 24.0;
/// Where the wings meet, in the face texture.
const BODY: vec2f = vec2f(0.5, 0.41);

/// Flakes that lie each at its own angle: light where they mirror the lamp to the viewer.
fn flakes(uv: vec2f, normal: vec3f, pixel: f32) -> f32 {
    // Larger flakes where pixels are coarse: from a distance they are seen as fewer.
    let level = max(log2(pixel / 2.4), 0.0);
    let cell = uv * 300.0 / exp2(floor(level));
    let luck = random3(vec3u(vec2u(cell), 29u));
    let shape = length(fract(cell) - 0.3 - 0.4 * luck.xy);
    let lean = normalize(normal + vec3f(luck.x - 0.5, luck.y - 0.5, 0.0) * 1.3);
    let mirrored = reflect(vec3f(0.0, 0.0, -1.0), lean);
    let lamp = pow(max(dot(mirrored, normalize(vec3f(-0.25, 0.55, 0.8))), 0.0), 10.0);
    return smoothstep(0.32, 0.12, shape) * lamp * step(0.45, luck.z);
}

/// 0 on hair that falls over forehead and temples: it is much darker than the skin.
fn bare(canonical: vec3f, shade: f32) -> f32 {
    let temple = smoothstep(5.2, 6.4, abs(canonical.x)) * smoothstep(-1.0, 1.0, canonical.y);
    return mix(1.0, smoothstep(0.1, 0.32, shade), max(smoothstep(5.3, 6.1, canonical.y), temple));
}

@fragment
fn paint_butterfly(in: Varying) -> @location(0) vec4f {
    let d = (textureSampleLevel(design, linear, in.uv, 0.0).rgb - 0.5) * 2.0 * REACH;
    // Thousandths of the design per pixel of the picture.
    let pixel = clamp(length(fwidth(in.uv)) * 700.0, 0.4, 12.0);
    let wing = soft_cover(-d.r, pixel);
    let dark = line_cover(-d.g, pixel, 3.6, AREA);
    let drop = line_cover(-d.b, pixel, 4.5, AREA);

    // The light on the face is what the skin shows, set against its mean.
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.2);
    let exposure = shading::brightness(in.skin, 0.22, 0.7, 0.12, 1.25);
    let light = exposure * shading::tint(in.skin, 0.18);
    let matt = mix(1.0, shade, 0.85);
    let normal = normalize(in.normal);

    // From the body to the rim, with the sponge's unevenness; between the veins it is a little lighter.
    let sponge = value_noise(in.uv * 60.0, 3u) * 0.6 + value_noise(in.uv * 150.0, 4u) * 0.4 - 0.5;
    let way = length((in.uv - BODY) * vec2f(1.0, 1.1)) / 0.40 + sponge * 0.10;
    var color = mix(params.inner.rgb, params.middle.rgb, smoothstep(0.12, 0.62, way));
    color = mix(color, params.outer.rgb, smoothstep(0.55, 1.02, way));
    color *= 0.62 + 0.5 * smoothstep(0.0, 18.0, -d.g) + 0.12 * sponge;
    // Scales of the wing shine in a colour that turns with the head.
    let scales = pow(1.0 - clamp(normal.z, 0.0, 1.0), 1.5) * 0.35;
    color += params.inner.rgb * scales;

    let wet = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normal), 0.5) * 0.03;
    let glitter = flakes(in.uv, normal, pixel) * params.glitter * wing * (1.0 - dark);
    color = mix(color, params.outer.rgb * 0.04 + 0.004, dark);
    color = mix(color, vec3f(0.88, 0.87, 0.84), drop);
    let lit = color * matt * light + wet * light + glitter * 1.2 * (0.5 + 0.5 * params.inner.rgb) * light;

    // Around the wings a dusting of powder fades into the skin.
    let dust = 0.30 * smoothstep(-20.0, 0.0, d.r) * smoothstep(0.35, 0.75, sponge + 0.6);
    let solid = max(max(wing, dark), drop);
    let alpha = max(solid, dust) * params.opacity * bare(in.canonical, shade);
    return vec4f(min(lit, vec3f(1.0)), 1.0) * alpha;
}
