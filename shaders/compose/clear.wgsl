// Makes transparent what a filter's compute pass writes a part of.

@group(1) @binding(0) var canvas: texture_storage_2d<rgba16float, write>;

@compute @workgroup_size(8, 8)
fn clear(@builtin(global_invocation_id) at: vec3u) {
    if all(at.xy < textureDimensions(canvas)) {
        textureStore(canvas, at.xy, vec4f(0.0));
    }
}
