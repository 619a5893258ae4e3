//! The device: the only door to the GPU. Whoever draws or computes does it through these types and never names
//! `wgpu`; only programs that embed the engine on a device of their own see it.
//!
//! - [`Gpu`]: device, queue, texture pool. Cheap to clone. Creating it is async, all else is sync and never
//!   waits.
//! - [`Texture`] is a lease: dropped, it goes back to the pool. In steady state nothing is created
//!   ([`Gpu::counts`]).
//! - [`shader::Library`] resolves imports and judges WGSL; [`PassPipeline`] and [`ComputePipeline`] reflect
//!   their bind groups from it; resources are bound by the names they have in the shader.
//! - [`Encoder`] records writes, draws and dispatches in order; [`Gpu::submit`] runs them. Dispatches between which nothing is
//!   drawn share a pass, and run as soon as what they need is there. Many small ones are put into [`Levels`], so that they
//!   don't wait for each other without need.
//! - One door in: [`Encoder::write`]. One door out: [`readback`].
//! - A lost device and whatever the driver complains about come back from [`Gpu::submit`] as [`GpuError`];
//!   nothing panics.

mod adapter;
mod belt;
mod bindings;
mod buffer;
mod compute;
mod counts;
mod covers;
mod dispatch;
mod encoder;
mod error;
mod health;
mod keep;
mod order;
mod pass;
mod pending;
mod pool;
pub mod readback;
mod reflect;
mod render;
pub mod shader;
mod surface;
#[cfg(test)]
pub(crate) mod tests;
mod texture;
pub mod timer;
mod uses;

use std::sync::{Arc, OnceLock};

pub use adapter::{AdapterInfo, GpuOptions};
pub use bindings::{Resource, Sampler};
pub use buffer::{Buffer, BufferUse};
pub use compute::ComputePipeline;
pub use counts::Counts;
pub use covers::Covers;
pub use dispatch::{Dispatch, Levels};
pub use encoder::Encoder;
pub use error::GpuError;
pub use pass::{Blend, Cull, Depth, PassDesc, PassPipeline, Topology};
pub use reflect::{Member, Scalar};
pub use render::{Draw, Load, Render};
pub use surface::Presenter;
pub use texture::{Texture, TextureDesc, TextureFormat};

use counts::Tally;

/// A device with all that belongs to it, passed first to whoever needs it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gpu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    info: AdapterInfo,
    limits: wgpu::Limits,
    health: Arc<health::Health>,
    pool: Arc<pool::Pool>,
    belt: Arc<belt::Belt>,
    samplers: bindings::Samplers,
    tally: Arc<Tally>,
    computes: bool,
    /// What the device was opened on, unless a host opened it.
    adapter: Option<wgpu::Adapter>,
    /// Where compiled pipelines are kept, if they are.
    cache: OnceLock<wgpu::PipelineCache>,
}

impl Gpu {
    /// Opens the adapter that `options` ask for, or the best.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::AdapterNotFound`] and [`GpuError::NoDevice`].
    pub async fn new(options: &GpuOptions) -> Result<Self, GpuError> {
        let (adapter, reason) = adapter::choose(&adapter::instance(), options, None).await?;
        Self::open(&adapter, &reason, options).await
    }

    async fn open(adapter: &wgpu::Adapter, reason: &str, options: &GpuOptions) -> Result<Self, GpuError> {
        let info = AdapterInfo::from_wgpu(&adapter.get_info(), reason);
        let (device, queue) = adapter::open(adapter, options.timestamps).await?;
        log::info!("drawing on {} ({}, {}): {reason}", info.name, info.backend, info.driver);
        if info.software {
            log::warn!("{} draws on the CPU: expect a few pictures a second at full size", info.name);
        }
        let make = |computes| {
            Self::with_device(info.clone(), (device.clone(), queue.clone()), Some(adapter.clone()), computes)
        };
        let computes = match options.covers {
            Covers::Computed => true,
            Covers::Drawn => false,
            Covers::Measured => !info.software && covers::compute_is_faster(&make(true)),
        };
        Ok(make(computes))
    }

    /// Another device on the same adapter, where drawing on the one spares the other from compiling: Mesa's software driver
    /// compiles at the first draw, in its queue, and keeps the result on disk. `None` where drivers compile with the
    /// pipeline, and on a host's device.
    ///
    /// # Errors
    /// [`GpuError::NoDevice`].
    pub async fn understudy(&self) -> Result<Option<Self>, GpuError> {
        let Some(adapter) = self.0.adapter.as_ref().filter(|_| self.0.info.is_llvmpipe()) else {
            return Ok(None);
        };
        let opened = adapter::open(adapter, false).await?;
        let (info, adapter) = (self.0.info.clone(), Some(adapter.clone()));
        Ok(Some(Self::with_device(info, opened, adapter, self.0.computes)))
    }

    /// Works on the device of the program that embeds the engine. The program keeps ownership of what it
    /// submits itself; errors that it doesn't catch in a scope of its own are reported by the engine. All passes are drawn
    /// there, so that pictures have the format that hosts expect.
    pub fn from_host(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let info = AdapterInfo::from_wgpu(&device.adapter_info(), "the host program's device");
        Self::with_device(info, (device, queue), None, false)
    }

    fn with_device(
        info: AdapterInfo,
        (device, queue): (wgpu::Device, wgpu::Queue),
        adapter: Option<wgpu::Adapter>,
        computes: bool,
    ) -> Self {
        let tally = Arc::<Tally>::default();
        Self(Arc::new(Inner {
            health: health::Health::watch(&device),
            limits: device.limits(),
            pool: Arc::default(),
            belt: Arc::new(belt::Belt::new(Arc::clone(&tally))),
            samplers: bindings::Samplers::new(&device),
            tally,
            computes,
            adapter,
            cache: OnceLock::new(),
            device,
            queue,
            info,
        }))
    }

    /// All adapters of this machine, best first.
    pub async fn adapters() -> Vec<AdapterInfo> {
        let adapters = adapter::all(&adapter::instance()).await;
        adapters.iter().map(|adapter| AdapterInfo::from_wgpu(&adapter.get_info(), "")).collect()
    }

    /// The adapter in use.
    pub fn adapter(&self) -> &AdapterInfo {
        &self.0.info
    }

    /// Whether passes that cover their target are computed: see [`Covers`].
    pub fn computes(&self) -> bool {
        self.0.computes
    }

    /// Longest side of a 2D texture, in texels.
    pub fn max_side(&self) -> u32 {
        self.0.limits.max_texture_dimension_2d
    }

    /// Bytes of the longest buffer that a shader reads.
    pub fn max_storage_bytes(&self) -> u64 {
        self.0.limits.max_storage_buffer_binding_size.min(self.0.limits.max_buffer_size)
    }

    /// Bytes of memory that the invocations of a workgroup share.
    pub fn workgroup_bytes(&self) -> usize {
        self.0.limits.max_compute_workgroup_storage_size as usize
    }

    /// Invocations of a workgroup of one row, at most.
    pub fn workgroup_invocations(&self) -> usize {
        let limits = &self.0.limits;
        limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x) as usize
    }

    /// Whether shaders may `enable f16`.
    pub fn has_f16(&self) -> bool {
        self.0.device.features().contains(wgpu::Features::SHADER_F16)
    }

    /// Leases a texture. Its content is undefined: whoever leases it fills it.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] when a side is zero or over the device's limit, [`GpuError::OutOfMemory`].
    pub fn texture(&self, desc: &TextureDesc) -> Result<Texture, GpuError> {
        desc.check(&self.0.limits)?;
        health::scoped(&self.0.device, "makes a texture", || {
            self.0.pool.lease(&self.0.device, desc, self.0.computes)
        })
    }

    /// A texture of one level that holds `texels`, tight rows.
    ///
    /// # Errors
    /// As [`Gpu::texture`].
    ///
    /// # Panics
    /// As [`Texture::write`].
    pub fn texture_with(&self, desc: &TextureDesc, texels: &[u8]) -> Result<Texture, GpuError> {
        let texture = self.texture(desc)?;
        texture.write(self, 0, texels);
        Ok(texture)
    }

    /// Makes a buffer of `bytes` bytes, rounded up to what its use needs, zero.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] and [`GpuError::OutOfMemory`].
    pub fn buffer(&self, label: &str, usage: BufferUse, bytes: u64) -> Result<Buffer, GpuError> {
        self.count_buffer();
        health::scoped(&self.0.device, "makes a buffer", || Buffer::create(self, label, usage, bytes))?
    }

    /// A buffer that holds `bytes`.
    ///
    /// # Errors
    /// As [`Gpu::buffer`].
    pub fn buffer_with(&self, label: &str, usage: BufferUse, bytes: &[u8]) -> Result<Buffer, GpuError> {
        let buffer = self.buffer(label, usage, bytes.len() as u64)?;
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(4), 0);
        self.0.queue.write_buffer(buffer.raw(), 0, &padded);
        Ok(buffer)
    }

    /// Starts recording commands.
    pub fn encoder(&self, label: &str) -> Encoder {
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some(label) };
        self.encoder_from_host(self.0.device.create_command_encoder(&descriptor))
    }

    /// Records into an encoder of the program that embeds the engine; [`Encoder::into_host`] gives it back.
    pub fn encoder_from_host(&self, encoder: wgpu::CommandEncoder) -> Encoder {
        Encoder::new(self.clone(), encoder)
    }

    /// Runs what was recorded, and reports what went wrong since the last call.
    ///
    /// # Errors
    /// [`GpuError::DeviceLost`] from the loss on, and the driver's other complaints, each once.
    pub fn submit(&self, encoder: Encoder) -> Result<(), GpuError> {
        counts::count(&self.0.tally.submits);
        self.0.queue.submit([encoder.into_host().finish()]);
        self.0.pool.age();
        self.poll()
    }

    /// Lets finished work be noticed, without waiting: read-backs land, staging memory comes back.
    ///
    /// # Errors
    /// As [`Gpu::submit`].
    pub fn poll(&self) -> Result<(), GpuError> {
        self.settle(wgpu::PollType::Poll)
    }

    /// Waits until all submitted work is done. For programs that work offline; never in a live frame.
    ///
    /// # Errors
    /// As [`Gpu::submit`].
    pub fn wait(&self) -> Result<(), GpuError> {
        counts::count(&self.0.tally.waits);
        self.settle(wgpu::PollType::wait_indefinitely())
    }

    fn settle(&self, how: wgpu::PollType) -> Result<(), GpuError> {
        let polled = self.0.device.poll(how);
        self.0.health.check()?;
        match polled {
            Ok(_) | Err(wgpu::PollError::Timeout) => Ok(()),
            Err(error) => Err(GpuError::Validation { message: error.to_string() }),
        }
    }

    /// What was made and done so far. In steady state nothing is made.
    pub fn counts(&self) -> Counts {
        self.0.tally.counts(self.0.pool.created())
    }

    /// wgpu's own device, for programs that embed the engine.
    pub fn device(&self) -> &wgpu::Device {
        &self.0.device
    }

    /// wgpu's own queue, for programs that embed the engine.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.0.queue
    }

    fn count_buffer(&self) {
        counts::count(&self.0.tally.buffers);
    }

    fn count_bind_group(&self) {
        counts::count(&self.0.tally.bind_groups);
    }

    fn count_levels(&self, levels: usize) {
        counts::count_all(&self.0.tally.levels, levels);
    }

    fn limits(&self) -> &wgpu::Limits {
        &self.0.limits
    }

    fn belt(&self) -> &Arc<belt::Belt> {
        &self.0.belt
    }

    fn samplers(&self) -> &bindings::Samplers {
        &self.0.samplers
    }
}
