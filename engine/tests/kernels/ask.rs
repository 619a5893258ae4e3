//! Asks shader modules about faces.

use antifaz::{
    compose::engine_modules,
    gpu::{BufferUse, ComputePipeline, Gpu, Resource, Sampler, readback::Readback},
    kernels::matting::Floats,
    scene::FaceState,
};
use glam::Vec4;

use super::uploaded;

/// Size of the pictures that the faces lie in.
pub(super) const SIZE: [u32; 2] = [640, 400];

/// What `fn answer(place: vec4f) -> array<vec4f, N>` of `text` says for each place. The first member of a place is the
/// number of the face.
pub(super) fn answers<const N: usize>(
    gpu: &Gpu,
    state: &FaceState,
    text: &str,
    places: &[Vec4],
) -> Vec<[Vec4; N]> {
    let blank = Floats::make([1, 1], |_, _| [0.0; 4]);
    answers_with(gpu, state, text, places, &[blank.clone(), blank])
}

/// The same with a picture, and what the text calls `small`.
pub(super) fn answers_with<const N: usize>(
    gpu: &Gpu,
    state: &FaceState,
    text: &str,
    places: &[Vec4],
    pictures: &[Floats; 2],
) -> Vec<[Vec4; N]> {
    let text = format!(
        "{text}\n\
         @group(1) @binding(0) var<storage, read> places: array<vec4f>;\n\
         @group(1) @binding(1) var<storage, read_write> answers: array<array<vec4f, {N}>>;\n\
         @compute @workgroup_size(64) fn ask(@builtin(global_invocation_id) at: vec3u) {{\n\
         if at.x < arrayLength(&places) {{ answers[at.x] = answer(places[at.x]); }}\n}}\n"
    );
    let mut library = engine_modules();
    library.insert("test", "test.wgsl", &text);
    let shader = library.resolve("test", &[]).unwrap_or_else(|error| panic!("{error}"));
    let pipeline = ComputePipeline::new(gpu, &shader, "ask", "ask").unwrap();
    let storage = |bytes: &[u8]| gpu.buffer_with("test", BufferUse::Storage, bytes).unwrap();
    // A frame begins with its size.
    let mut frame = [0.0_f32; 12];
    frame[..2].copy_from_slice(&SIZE.map(|side| side as f32));
    let frame = gpu.buffer_with("frame", BufferUse::Uniform, bytemuck::cast_slice(&frame)).unwrap();
    let (faces, asked) = (storage(bytemuck::bytes_of(state)), storage(bytemuck::cast_slice(places)));
    let answered = gpu.buffer("answers", BufferUse::Storage, (places.len() * N * 16) as u64).unwrap();
    let [picture, small] = pictures.each_ref().map(|picture| uploaded(gpu, picture));
    // As large as measures and points of the canonical face can be; nobody here asks where props settle.
    let [measures, face_points] =
        ["measures", "points"].map(|label| gpu.buffer(label, BufferUse::Storage, 1 << 16).unwrap());
    let resources = [
        ("picture", Resource::Texture(&picture)),
        ("small", Resource::Texture(&small)),
        ("linear", Resource::Sampler(Sampler::Linear)),
        ("frame", Resource::Buffer(&frame)),
        ("faces", Resource::Buffer(&faces)),
        ("face_points", Resource::Buffer(&face_points)),
        ("measures", Resource::Buffer(&measures)),
        ("_measures", Resource::Buffer(&measures)),
        ("places", Resource::Buffer(&asked)),
        ("answers", Resource::Buffer(&answered)),
    ];
    let mut encoder = gpu.encoder("ask");
    let measure = library.resolve("compose::measure", &[]).unwrap();
    let measure = ComputePipeline::new(gpu, &measure, "measure", "measure").unwrap();
    encoder.dispatch(&measure, &resources, [1, 1, 1]).unwrap();
    encoder.dispatch(&pipeline, &resources, [places.len().div_ceil(64) as u32, 1, 1]).unwrap();
    let ticket = Readback::new().start_buffer(&mut encoder, &answered).unwrap();
    gpu.submit(encoder).unwrap();
    let values: Vec<Vec4> = bytemuck::pod_collect_to_vec(&ticket.wait(gpu).unwrap());
    values.chunks_exact(N).map(|chunk| chunk.try_into().unwrap()).collect()
}
