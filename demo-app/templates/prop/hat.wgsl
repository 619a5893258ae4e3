// A pass in the space `prop`: `sway` runs for each corner of the mesh, `wear` for each pixel that the mesh covers.

import antifaz::frame::{frame};
import antifaz::prop::{PropPoint, Varying, prop_materials};
import antifaz::shading::{exposure};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

/// The hat's foot and its height, in cm: as make_hat.py makes it.
const FOOT: f32 = 10.3;
const HEIGHT: f32 = 14.0;

/// Moves a corner before the head's pose is applied. `face` is the number of the face: with `antifaz::expression` a mesh
/// follows brows or mouth, with `antifaz::swing` it lags behind the head, see filters/cat-ears.
fn sway(point: PropPoint, face: u32) -> PropPoint {
    let up = max(point.position.y - FOOT, 0.0) / HEIGHT;
    var moved = point;
    // More at the tip than below, each hat in its own time.
    moved.position.x += params.swaying * up * up * sin(3.0 * frame.time + f32(face));
    return moved;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let normal = normalize(in.normal);
    // The camera is at the origin and looks along -z.
    let view = normalize(in.place);

    // The first surface is the paper, the second the bobble on top: their colours come with the mesh.
    let surface = prop_materials[in.material];
    var base = surface.base.rgb;
    if in.material == 0u {
        // `in.canonical` is the place on the mesh as it was modelled: paint by it stays where it is.
        let up = (in.canonical.y - FOOT) / HEIGHT;
        let band = step(0.5, fract(up * params.bands));
        base = mix(params.paper.rgb, vec3f(0.9), band);
    }

    // The light of a photo studio, as bright as it is on the skin.
    let shine = studio_light(reflect(view, normal), surface.roughness) * 0.04;
    return vec4f((base * studio_diffuse(normal) + shine) * exposure(in.skin), 1.0);
}
