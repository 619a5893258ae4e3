//! What a live frame's vision costs the CPU where the nets run on the GPU: recording it, and handing it over. What the
//! GPU then does is waited for, and not timed.
//!
//! Time is that of this thread on a processor: a driver that draws on the CPU takes the processors away while work is
//! handed over. Not by criterion, which would run frames until what is counted fills its time: the rest is far longer.

use std::time::Duration;

use antifaz::{
    frame::FrameId,
    gpu::{Gpu, GpuOptions, Texture},
    kernels::convert::Convert,
    nets::{Fusing, GpuNet, Models},
    scene::Picture,
    source::image::decode,
    telemetry::Work,
    vision::{DeviceObserver, MatteNet, VisionOptions},
    workers::Workers,
};
use rustix::time::{ClockId, clock_gettime};

/// Frames that warm up, and frames that are timed.
const FRAMES: [u64; 2] = [8, 101];
/// Frames that are recorded before each of them.
const THROWN_AWAY: u64 = 4;

fn main() {
    // On the device that does nothing nobody is seen, so the detector looks first at every frame: more dispatches than
    // where a face is followed.
    measure(&noop());
    let options = GpuOptions::default();
    measure(
        &pollster::block_on(Gpu::new(&options)).expect("an adapter (apt-get install mesa-vulkan-drivers)"),
    );
}

/// One face with landmarks, expressions and pose, and the person mask, of a wide picture.
fn measure(gpu: &Gpu) {
    let mut face = Some(portrait(gpu));
    println!("{}; microseconds of the CPU at the median of {} frames", gpu.adapter().name, FRAMES[1]);
    // Kernels of a step each are what software devices run, those of many steps what hardware does.
    for (name, fusing) in [("fused", Fusing::Fused), ("single", Fusing::Single)] {
        let options = VisionOptions {
            matte: Some(MatteNet::Landscape),
            kernels: GpuNet { fusing, ..GpuNet::default() },
            ..VisionOptions::default()
        };
        let observer = DeviceObserver::new(&Models::embedded(), options, gpu, &Workers::alone());
        let mut observer = observer.expect("nets on the device");
        let times = (0..FRAMES[0] + FRAMES[1]).map(|number| frame(gpu, &mut observer, &mut face, number));
        let (mut times, works): (Vec<_>, Vec<Work>) = times.skip(FRAMES[0] as usize).unzip();
        let mut median = |of: fn(&[Duration; 2]) -> Duration| {
            times.sort_by_key(of);
            of(&times[times.len() / 2]).as_micros()
        };
        let [record, submit, both] = [median(|t| t[0]), median(|t| t[1]), median(|t| t[0] + t[1])];
        println!("{name}: record {record}, encode and submit {submit}, both {both}");
        let Work { dispatches, uploaded, copied, read, written, .. } = works[works.len() - 1];
        println!(
            "    {dispatches} dispatches; bytes: {uploaded} come up, {copied} are copied, {read} read, {written} written"
        );
    }
}

/// Times recording a frame, and handing it over, and tells what it asks of the GPU. Frames that are recorded and thrown away before it bring back to the
/// processor's caches what a driver that draws on the CPU has driven out.
fn frame(
    gpu: &Gpu,
    observer: &mut DeviceObserver,
    face: &mut Option<Texture>,
    number: u64,
) -> ([Duration; 2], Work) {
    let mut record = |again: u64| {
        let time = Duration::from_millis(33 * number + again);
        let texture = face.take().expect("a picture");
        let picture = Picture { id: FrameId(number), time, texture, host: None };
        let start = spent();
        let mut encoder = gpu.encoder("frame");
        let scene = observer.record(&mut encoder, picture).expect("a recorded frame");
        let recorded = spent() - start;
        *face = Some(scene.picture.texture);
        (encoder, recorded)
    };
    for again in 0..THROWN_AWAY {
        drop(record(again).0.into_host().finish());
    }
    let (encoder, recorded) = record(THROWN_AWAY);
    let (start, work) = (spent(), encoder.work());
    gpu.submit(encoder).expect("a submitted frame");
    let submitted = spent() - start;
    gpu.wait().expect("a finished frame");
    ([recorded, submitted], work)
}

/// What this thread has had of a processor so far.
fn spent() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// A picture with a face, wider than high.
fn portrait(gpu: &Gpu) -> Texture {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/stills/mit_pyfeat_multi5.jpg");
    let bytes = std::fs::read(file).expect("a still");
    let pixels = decode(&bytes).expect("a picture");
    let mut encoder = gpu.encoder("portrait");
    let mut convert = Convert::new(gpu).expect("a converter");
    let texture = convert.record(&mut encoder, &pixels).expect("a texture");
    gpu.submit(encoder).expect("a submitted picture");
    texture
}

/// wgpu's device that does nothing: what is left is the cost of wgpu and ours.
fn noop() -> Gpu {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::NOOP;
    descriptor.backend_options.noop.enable = true;
    let options = wgpu::RequestAdapterOptions::default();
    let adapter = pollster::block_on(wgpu::Instance::new(descriptor).request_adapter(&options));
    let adapter = adapter.expect("the adapter that does nothing");
    // What desktop hardware has, since kernels are made for that.
    let required_limits = wgpu::Limits {
        max_compute_workgroup_storage_size: 48 << 10,
        max_compute_invocations_per_workgroup: 1024,
        max_compute_workgroup_size_x: 1024,
        ..adapter.limits()
    };
    let descriptor = wgpu::DeviceDescriptor { required_limits, ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).expect("a device");
    Gpu::from_host(device, queue)
}
