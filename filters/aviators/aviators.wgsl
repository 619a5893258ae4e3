// Wire and mirrored glass. The lenses show a landscape around the viewer: sky, horizon, ground, and the sun.

import antifaz::expression::{profile};
import antifaz::noise::{value_noise};
import antifaz::prop::{PropPoint, Varying, breadth, pixel_at, prop_materials, thickened};
import antifaz::shading::{exposure, fresnel, turning};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

/// In cm.
const BRIDGE: vec3f = vec3f(0.0, 2.2, 5.8);
/// The wire's radius, in cm (make_aviators.py).
const WIRE: f32 = 0.125;
const RUBBER: u32 = 1u;
const LENS: u32 = 2u;
/// What the metals reflect, straight on.
const METALS = array<vec3f, 3>(vec3f(1.0, 0.68, 0.26), vec3f(0.88, 0.89, 0.9), vec3f(0.05, 0.05, 0.055));

/// Light from `direction`: a sky that is deep above and pale at the horizon, hills, and ground.
fn landscape(direction: vec3f) -> vec3f {
    let turn = atan2(direction.x, direction.z);
    let hills = 0.05 * value_noise(vec2f(turn * 3.0 + 40.0, 0.5), 3u) + 0.025 * value_noise(vec2f(turn * 9.0, 4.5), 4u);
    let height = direction.y + 0.12 - hills;
    let sky = mix(vec3f(1.0, 0.93, 0.82), vec3f(0.16, 0.34, 0.75), pow(clamp(height * 1.5, 0.0, 1.0), 0.6));
    let cloud = value_noise(vec2f(turn * 4.0, direction.y * 16.0), 5u)
        * value_noise(vec2f(turn * 9.0, direction.y * 30.0), 6u);
    let clouded = mix(sky, vec3f(1.0, 0.98, 0.95), smoothstep(0.22, 0.6, cloud) * smoothstep(0.0, 0.2, height) * 0.7);
    let ground = mix(vec3f(0.34, 0.26, 0.18), vec3f(0.05, 0.045, 0.04), clamp(-height * 2.0, 0.0, 1.0));
    let sun = pow(max(dot(direction, normalize(vec3f(-0.42, 0.42, 0.8))), 0.0), 420.0);
    let halo = pow(max(dot(direction, normalize(vec3f(-0.42, 0.42, 0.8))), 0.0), 24.0);
    return mix(ground, clouded, smoothstep(-0.012, 0.012, height)) + vec3f(1.0, 0.95, 0.85) * (6.0 * sun + 0.35 * halo);
}

/// As wide as the face. Larger or smaller around the bridge of the nose, the less so the nearer to the ears.
fn fitted(point: PropPoint, face: u32) -> PropPoint {
    var moved = point;
    let front = mix(1.0, params.size, smoothstep(-5.0, 4.0, point.position.z));
    // In profile the head lies nearer than its pose tells: temples would sink into it.
    let aside = 1.0 + 0.12 * profile(face) * smoothstep(4.0, 0.0, point.position.z);
    moved.position = (point.position - BRIDGE) * vec3f(front * aside, front, 1.0) * breadth(face) + BRIDGE;
    if point.material == LENS {
        return moved;
    }
    return thickened(moved, face, 0.4);
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    var normal = normalize(in.normal);
    let bend = turning(normal);
    normal = select(-normal, normal, dot(normal, eye) > 0.0);
    // A wire of one or two pixels is seen from all sides at once: where on it the pixel's middle lies would make beads.
    let thin = smoothstep(4.0, 1.5, 2.0 * WIRE / pixel_at(in.place));
    normal = normalize(mix(normal, eye, select(0.6 * thin, 0.0, in.material == LENS)));
    let facing = max(dot(normal, eye), 0.0);
    let bounce = reflect(-eye, normal);
    let surface = prop_materials[in.material];
    let around = exposure(in.skin);
    var rough = sqrt(surface.roughness * surface.roughness + bend);
    rough = select(select(rough, 0.4, in.material == RUBBER), 0.1, in.material == LENS);
    let studio = studio_light(bounce, rough);

    if in.material == LENS {
        // The coating is a thin film: its colour runs towards the next ones of the rainbow where seen at a slant,
        // and it is thinner below.
        let slant = clamp(1.35 * (1.0 - facing) + 0.10 * (2.0 - in.canonical.y), 0.0, 1.0);
        let film = mix(params.mirror.rgb, params.mirror.gbr * 0.5 + params.mirror.rgb * 0.5, slant);
        let view = landscape(bounce);
        let shown = view * film * 1.15 + studio * 0.05;
        let part = params.mirroring * mix(0.82, 1.0, pow(1.0 - facing, 3.0));
        let density = mix(0.78, 0.94, smoothstep(-0.8, 3.4, in.canonical.y));
        let glass = params.lens_color.rgb * 0.5 * density;
        let light = mix(glass, shown, part * 0.9) + view * 0.03;
        return vec4f(min(light * around, vec3f(1.0)), max(density, part * 0.97));
    }
    // Hair, which the occluder doesn't know, covers the temples above the ears.
    let shown = smoothstep(-6.5, -3.0, in.canonical.z);
    let rubber = in.material == RUBBER;
    let metal = METALS[params.metal];
    let straight = select(metal * 1.2, vec3f(0.04), rubber);
    let matt = select(metal * metal * 0.25, surface.base.rgb, rubber);
    let light = studio * fresnel(facing, straight, rough) + matt * studio_diffuse(normal);
    return vec4f(min(light * around, vec3f(1.0)), 1.0) * shown;
}
