//! The device as a whole: loss, complaints, leases, bindings.

use super::{
    Blend, BufferUse, Covers, Depth, Draw, Gpu, GpuError, GpuOptions, Load, PassDesc, PassPipeline, Render,
    Resource, Texture, TextureDesc, TextureFormat, readback::Readback, shader::Library,
};
use crate::telemetry::Work;

const SOLID: &str = "
struct Paint { colour: vec4f, depth: f32, rows: array<mat2x4f, 2> }
@group(1) @binding(2) var<uniform> paint: Paint;
@group(3) @binding(0) var picture: texture_2d<f32>;
@vertex fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(vec2f(vec2u(i << 1u, i) & vec2u(2u)) * 2.0 - 1.0, paint.depth, 1.0);
}
@fragment fn solid() -> @location(0) vec4f { return paint.colour; }
@fragment fn look() -> @location(0) vec4f { return textureLoad(picture, vec2u(0u), 0) + paint.colour; }
";

pub(crate) fn gpu() -> Gpu {
    pollster::block_on(Gpu::new(&GpuOptions::default())).unwrap_or_else(|error| panic!("{error}"))
}

fn pipeline(gpu: &Gpu, fragment: &str, change: impl FnOnce(PassDesc<'_>) -> PassDesc<'_>) -> PassPipeline {
    let mut library = Library::for_gpu(gpu);
    library.insert("test", "test.wgsl", SOLID);
    let shader = library.resolve("test", &[]).unwrap();
    let desc = change(PassDesc::new("test", "vertex", fragment, TextureFormat::Rgba8));
    PassPipeline::new(gpu, &shader, &desc).unwrap()
}

fn paint(gpu: &Gpu, colour: [f32; 4], depth: f32) -> super::Buffer {
    let mut bytes = bytemuck::cast_slice(&colour).to_vec();
    bytes.extend(bytemuck::bytes_of(&depth));
    bytes.resize(96, 0);
    gpu.buffer_with("paint", BufferUse::Uniform, &bytes).unwrap()
}

fn target(gpu: &Gpu) -> Texture {
    gpu.texture(&TextureDesc::new([2, 2], TextureFormat::Rgba8)).unwrap()
}

fn first_texel(gpu: &Gpu, render: &Render<'_>) -> [u8; 4] {
    let mut encoder = gpu.encoder("test");
    encoder.render(render).unwrap();
    let ticket = Readback::new().start(&mut encoder, render.target).unwrap();
    gpu.submit(encoder).unwrap();
    ticket.wait(gpu).unwrap()[..4].try_into().unwrap()
}

#[test]
fn a_lost_device_is_an_error_with_its_reason() {
    let gpu = gpu();
    gpu.device().destroy();
    for _ in 0..2 {
        let encoder = gpu.encoder("after the end");
        match gpu.submit(encoder) {
            Err(GpuError::DeviceLost { reason }) => assert!(reason.contains("destroyed"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_the_driver_refuses_is_reported_by_submit_once() {
    let gpu = gpu();
    for round in 0..2 {
        let _ = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("bad"),
            size: 4,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        let result = gpu.submit(gpu.encoder("test"));
        assert_eq!(matches!(result, Err(GpuError::Validation { .. })), round == 0, "{result:?}");
    }
}

#[test]
fn leases_are_taken_again() {
    let gpu = gpu();
    let desc = TextureDesc::new([8, 8], TextureFormat::Srgb8);
    for _ in 0..10 {
        let (one, two) = (gpu.texture(&desc).unwrap(), gpu.texture(&desc).unwrap());
        assert_ne!(one.raw(), two.raw());
    }
    assert_eq!(gpu.counts().textures, 2);
}

#[test]
fn uniforms_are_reflected_by_name() {
    let pipeline = pipeline(&gpu(), "solid", |desc| desc);
    let members: Vec<_> = pipeline
        .uniform_members("paint")
        .iter()
        .map(|m| (m.name.as_str(), m.offset, m.width, m.rows))
        .collect();
    assert_eq!(
        members,
        [("colour", 0, 4, 1), ("depth", 16, 1, 1), ("rows[0]", 32, 4, 2), ("rows[1]", 64, 4, 2)]
    );
    assert!(pipeline.uses("paint") && !pipeline.uses("picture"));
}

#[test]
fn wrong_resources_are_named() {
    let gpu = gpu();
    let (pipeline, target) = (pipeline(&gpu, "look", |desc| desc), target(&gpu));
    let (small, good) = (gpu.buffer("small", BufferUse::Uniform, 4).unwrap(), paint(&gpu, [0.0; 4], 0.0));
    let other = gpu.buffer("other", BufferUse::Storage, 256).unwrap();
    let seen = gpu.texture(&TextureDesc::new([2, 2], TextureFormat::Rgba8)).unwrap();
    let wrong = |paint, picture| {
        let resources = [("paint", paint), ("picture", picture)];
        let draws = [Draw::fullscreen(&pipeline, &resources)];
        let result = gpu.encoder("test").render(&Render::new("test", &target, &draws));
        result.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(wrong(Resource::Buffer(&good), Resource::Texture(&seen)), "");
    assert!(wrong(Resource::Buffer(&small), Resource::Texture(&seen)).contains("`paint` takes"));
    assert!(wrong(Resource::Buffer(&other), Resource::Texture(&seen)).contains("`paint` is a Uniform"));
    assert!(wrong(Resource::Texture(&seen), Resource::Texture(&seen)).contains("`paint` is a buffer"));
    assert!(wrong(Resource::Buffer(&good), Resource::Texture(&target)).contains("`picture` is read while"));
    let draws = [Draw::fullscreen(&pipeline, &[])];
    let error = gpu.encoder("test").render(&Render::new("test", &target, &draws)).unwrap_err();
    assert!(error.to_string().contains("`paint` was not given"), "{error}");
}

#[test]
fn colours_are_laid_over_and_occluders_hide() {
    let gpu = gpu();
    let over = pipeline(&gpu, "solid", |desc| PassDesc { blend: Blend::Over, ..desc });
    let red = paint(&gpu, [0.5, 0.0, 0.0, 0.5], 0.0);
    let resources = [("paint", Resource::Buffer(&red))];
    let target = target(&gpu);
    let draws = [Draw::fullscreen(&over, &resources)];
    let blue = Load::Clear([0.0, 0.0, 1.0, 1.0]);
    let got = first_texel(&gpu, &Render { load: blue, ..Render::new("over", &target, &draws) });
    let half = |value: u8| value.abs_diff(127) <= 1;
    assert!(half(got[0]) && half(got[2]) && got[3] == 255, "{got:?}");

    let depth = gpu.texture(&TextureDesc::new([2, 2], TextureFormat::Depth32)).unwrap();
    let hidden = |fragment: f32, colour: bool| {
        let occluder = pipeline(&gpu, "solid", |desc| {
            let fragment = desc.fragment.filter(|_| colour);
            PassDesc { depth: Depth::Only, fragment, ..desc }
        });
        let prop = pipeline(&gpu, "solid", |desc| PassDesc { depth: Depth::Write, ..desc });
        let (near, white) = (paint(&gpu, [1.0; 4], 0.5), paint(&gpu, [1.0; 4], fragment));
        let (near, white) = ([("paint", Resource::Buffer(&near))], [("paint", Resource::Buffer(&white))]);
        let draws = [Draw::fullscreen(&occluder, &near), Draw::fullscreen(&prop, &white)];
        let render = Render { load: blue, depth: Some(&depth), ..Render::new("prop", &target, &draws) };
        first_texel(&gpu, &render) == [0, 0, 255, 255]
    };
    for colour in [true, false] {
        assert!(hidden(0.75, colour) && !hidden(0.25, colour));
    }
}

#[test]
fn of_several_samples_the_mean_is_kept() {
    let gpu = gpu();
    let red = paint(&gpu, [1.0, 0.0, 0.0, 1.0], 0.5);
    let resources = [("paint", Resource::Buffer(&red))];
    for format in [TextureFormat::Rgba8, TextureFormat::Srgb8] {
        let smooth = pipeline(&gpu, "solid", |desc| PassDesc {
            target: format,
            samples: 4,
            depth: Depth::Write,
            ..desc
        });
        let draws = [Draw::fullscreen(&smooth, &resources)];
        let leased = |samples, format| {
            gpu.texture(&TextureDesc { samples, ..TextureDesc::new([2, 2], format) }).unwrap()
        };
        let (samples, depth, mean) =
            (leased(4, format), leased(4, TextureFormat::Depth32), leased(1, format));
        let whole =
            Render { depth: Some(&depth), resolve: Some(&mean), ..Render::new("smooth", &samples, &draws) };
        let mut encoder = gpu.encoder("test");
        encoder.render(&whole).unwrap();
        for part in [Render { resolve: None, ..whole }, Render { load: Load::Keep, ..whole }] {
            let error = encoder.render(&part).unwrap_err();
            assert!(error.to_string().contains("nothing is kept"), "{error}");
        }
        let ticket = Readback::new().start(&mut encoder, &mean).unwrap();
        gpu.submit(encoder).unwrap();
        assert_eq!(ticket.wait(&gpu).unwrap()[..4], [255, 0, 0, 255]);
    }
}

#[test]
fn one_buffer_may_be_written_between_two_draws() {
    let gpu = gpu();
    let (pipeline, paint) = (pipeline(&gpu, "solid", |desc| desc), paint(&gpu, [0.0; 4], 0.0));
    let (one, two) = (target(&gpu), target(&gpu));
    let resources = [("paint", Resource::Buffer(&paint))];
    let draws = [Draw::fullscreen(&pipeline, &resources)];
    let (mut encoder, readback) = (gpu.encoder("test"), Readback::new());
    let (mut tickets, mut before) = (Vec::new(), Work::default());
    for (target, colour) in [(&one, [1.0_f32, 0.0, 0.0, 1.0]), (&two, [0.0, 1.0, 0.0, 1.0])] {
        encoder.write(&paint, 0, bytemuck::bytes_of(&colour));
        encoder.render(&Render::new("test", target, &draws)).unwrap();
        let bytes = target.desc().bytes();
        let once = Work {
            passes: 1,
            draws: 1,
            uploaded: 16,
            read: paint.bytes(),
            written: bytes,
            ..Work::default()
        };
        assert_eq!(encoder.work() - std::mem::replace(&mut before, encoder.work()), once);
        tickets.push(readback.start(&mut encoder, target).unwrap());
        before = encoder.work();
    }
    gpu.submit(encoder).unwrap();
    let got: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait(&gpu).unwrap()[..2].to_vec()).collect();
    assert_eq!(got, [[255, 0], [0, 255]]);
}

/// Where nothing is kept, depth or samples do not count and the target can be written; else it is drawn. Values are the same.
#[test]
fn what_covers_a_target_is_computed() {
    let options = GpuOptions { covers: Covers::Computed, ..GpuOptions::default() };
    let gpu = pollster::block_on(Gpu::new(&options)).unwrap();
    let paint = paint(&gpu, [0.2, 0.0, 1.7, 0.5], 0.0);
    let resources = [("paint", Resource::Buffer(&paint))];
    for format in [TextureFormat::Srgb8, TextureFormat::Rgba8, TextureFormat::Rgba16Float, TextureFormat::R8]
    {
        let pipeline = pipeline(&gpu, "solid", |desc| PassDesc { target: format, covers: true, ..desc });
        let draws = [Draw::fullscreen(&pipeline, &resources)];
        let drawn = |load| {
            let texture = gpu.texture(&TextureDesc::new([37, 5], format)).unwrap();
            let mut encoder = gpu.encoder("test");
            encoder.render(&Render { load, ..Render::new("test", &texture, &draws) }).unwrap();
            let work = encoder.work();
            let ticket = Readback::new().start(&mut encoder, &texture).unwrap();
            gpu.submit(encoder).unwrap();
            (work.passes, work.dispatches, ticket.wait(&gpu).unwrap())
        };
        let (computed, by_draws) = (drawn(Load::Clear([0.0; 4])), drawn(Load::Keep));
        let writable = format != TextureFormat::R8;
        assert_eq!((computed.0, computed.1), if writable { (0, 1) } else { (1, 0) }, "{format:?}");
        assert_eq!((by_draws.0, by_draws.1), (1, 0), "{format:?}");
        assert_eq!(computed.2, by_draws.2, "{format:?}");
    }
}

#[test]
fn a_driver_that_compiles_at_the_first_draw_has_an_understudy_and_a_host_has_none() {
    let options = GpuOptions { adapter: Some("llvmpipe".into()), ..GpuOptions::default() };
    let gpu = pollster::block_on(Gpu::new(&options)).unwrap();
    let understudy = pollster::block_on(gpu.understudy()).unwrap().expect("llvmpipe compiles late");
    assert_eq!((understudy.adapter(), understudy.computes()), (gpu.adapter(), gpu.computes()));
    understudy.device().destroy();
    assert!(understudy.poll().is_err() && gpu.poll().is_ok());
    let host = Gpu::from_host(gpu.device().clone(), gpu.queue().clone());
    assert!(pollster::block_on(host.understudy()).unwrap().is_none());
}

#[test]
fn missing_entry_points_are_answered_with_the_known_ones() {
    let gpu = gpu();
    let mut library = Library::for_gpu(&gpu);
    library.insert("test", "test.wgsl", SOLID);
    let shader = library.resolve("test", &[]).unwrap();
    let desc = PassDesc::new("test", "vertex", "fill", TextureFormat::Rgba8);
    let error = PassPipeline::new(&gpu, &shader, &desc).unwrap_err();
    assert!(error.to_string().ends_with("no fragment entry point `fill`, but `solid`, `look`"), "{error}");
}
