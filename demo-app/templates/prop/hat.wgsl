// A pass in the space `prop`: the function below runs for each pixel that the mesh covers.

import antifaz::prop::{Varying, prop_materials};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

/// The hat's foot and its height, in cm: as make_hat.py makes it.
const FOOT: f32 = 10.3;
const HEIGHT: f32 = 14.0;

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
    let exposure = sqrt(clamp(in.skin.w / 0.2, 0.05, 1.5));
    let shine = studio_light(reflect(view, normal), surface.roughness) * 0.04;
    return vec4f((base * studio_diffuse(normal) + shine) * exposure, 1.0);
}
