// Acetate, metal and glass in the light of a studio that is as bright as the face.

import antifaz::color::{luma};
import antifaz::expression::{profile};
import antifaz::frame::{frame};
import antifaz::noise::{value_noise, value_noise3};
import antifaz::prop::{PropPoint, Varying, breadth, prop_materials};
import antifaz::shading::{exposure, fresnel, turning};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

/// In cm.
const BRIDGE: vec3f = vec3f(0.0, 2.5, 5.8);
const ACETATE: u32 = 0u;
const LENS: u32 = 2u;
const TORTOISE: u32 = 0u;

/// Noise in cells of size 1, drawn in steps of `pixel` cells: what is finer than pixels fades to its mean.
fn speckle(at: vec2f, seed: u32, pixel: f32) -> f32 {
    return mix(value_noise(at, seed), 0.5, smoothstep(0.3, 0.9, pixel));
}

/// Amber with dark flecks: the pattern of the plate that a frame is cut from. `pixel` is a pixel's width in cm.
fn tortoise(at: vec3f, pixel: f32) -> vec3f {
    let plate = vec2f(at.x + at.z * 0.7, at.y * 1.3 - at.z * 0.25);
    let warp = (value_noise3(plate * 1.7, 3u).xy - 0.5) * smoothstep(0.9, 0.3, pixel * 1.7);
    // The warp makes the cells up to twice as narrow.
    let coarse = speckle(plate * 1.1 + warp * 1.4, 5u, pixel * 2.2);
    let flecks = coarse * 0.7 + speckle(plate * 2.8 + warp * 2.0, 6u, pixel * 5.6) * 0.3;
    let amber = mix(vec3f(0.34, 0.12, 0.025), vec3f(0.16, 0.045, 0.012), speckle(plate * 2.3, 7u, pixel * 2.3));
    // The edges of flecks are as soft as a pixel is wide.
    let soft = min(pixel * 0.9, 0.3);
    return mix(amber, vec3f(0.022, 0.011, 0.007), smoothstep(0.38 - soft, 0.56 + soft, flecks));
}

/// As wide as the face. Larger or smaller around the bridge of the nose, the less so the nearer to the ears.
fn fitted(point: PropPoint, face: u32) -> PropPoint {
    var moved = point;
    let front = mix(1.0, params.size, smoothstep(-5.0, 4.0, point.position.z));
    // In profile the head lies nearer than its pose tells: temples would sink into it.
    let aside = 1.0 + 0.12 * profile(face) * smoothstep(4.0, 0.0, point.position.z);
    moved.position = (point.position - BRIDGE) * vec3f(front * aside, front, 1.0) * breadth(face) + BRIDGE;
    return moved;
}

@fragment
fn wear(in: Varying, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    let pixel = length(fwidth(in.canonical));
    let eye = normalize(-in.place);
    var normal = normalize(in.normal);
    let turn = turning(normal);
    normal = select(-normal, normal, dot(normal, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    let bounce = reflect(-eye, normal);
    let surface = prop_materials[in.material];
    let around = exposure(in.skin);
    let rough = select(sqrt(surface.roughness * surface.roughness + turn), 0.14, in.material == LENS);
    let mirrored = studio_light(bounce, rough);

    if in.material == LENS {
        // Darker above, as sunglasses are.
        let shade = smoothstep(-0.2, 4.6, in.canonical.y);
        let density = params.tint * mix(0.55, 1.25, shade);
        // Two faces reflect, each in its own direction.
        let glass = fresnel(facing, vec3f(0.045), 0.0);
        let inner = normalize(normal + vec3f(0.02, -0.03, 0.0));
        let shine = (mirrored * 0.5 + studio_light(reflect(-eye, inner), 0.1) * 0.35) * glass;
        let body = params.lens_color.rgb * 0.55 * density;
        return vec4f((body + shine) * around, min(density + luma(glass) * 0.5, 0.97));
    }
    let metal = vec3f(surface.metallic);
    var base = surface.base.rgb;
    if in.material == ACETATE {
        base = params.frame_color.rgb;
        if params.style == TORTOISE {
            base = tortoise(in.canonical, pixel);
        }
    }
    let straight = mix(vec3f(0.045), base, metal);
    let light = base * (1.0 - metal) * studio_diffuse(normal)
        + mirrored * fresnel(facing, straight, rough);
    // Hair, which the occluder doesn't know, covers the temples above the ears.
    return vec4f(min(light * around, vec3f(1.0)), 1.0) * smoothstep(-6.5, -3.0, in.canonical.z);
}
