//! The kernels that are timed, and dispatches of them.

use std::sync::Arc;

use antifaz::gpu::{
    Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, Texture, TextureDesc,
    TextureFormat,
    shader::{Library, Shader},
};

/// Side of the picture of 1 MiB whose texels are summed.
const SIDE: u32 = 512;
/// Places that [`Kernels::chase`] runs through: 256 KiB, each load from another cache line than those just before.
const PLACES: u32 = 1 << 16;
/// Dense layers of different weights.
pub(super) const LAYERS: u32 = 8;

/// What a dense layer's weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    F32,
    F16,
}

/// Everything compiled that is timed.
pub(super) struct Kernels {
    gpu: Gpu,
    level: Arc<ComputePipeline>,
    barriers: Arc<ComputePipeline>,
    chase: Arc<ComputePipeline>,
    sum_buffer: Arc<ComputePipeline>,
    sum_texture: Arc<ComputePipeline>,
    /// With each kind of weight that the device knows.
    dense: Vec<(Weight, Arc<ComputePipeline>)>,
}

impl Kernels {
    pub(super) fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let probes = shader(gpu, include_str!("probes.wgsl"))?;
        let probe = |name| pipeline(gpu, &probes, name);
        let dense = |weight, head: &str| {
            let text = format!("{head}\n{}", include_str!("dense.wgsl"));
            Ok::<_, GpuError>((weight, pipeline(gpu, &shader(gpu, &text)?, "dense")?))
        };
        let mut layers = vec![dense(Weight::F32, "alias Weight = f32;")?];
        if gpu.has_f16() {
            layers.push(dense(Weight::F16, "enable f16;\nalias Weight = f16;")?);
        }
        Ok(Self {
            gpu: gpu.clone(),
            level: probe("level")?,
            barriers: probe("barriers")?,
            chase: probe("chase")?,
            sum_buffer: probe("sum_buffer")?,
            sum_texture: probe("sum_texture")?,
            dense: layers,
        })
    }

    /// `count` buffers for the values of `workgroups` workgroups of 64.
    pub(super) fn values(&self, count: usize, workgroups: u32) -> Result<Vec<Buffer>, GpuError> {
        (0..count).map(|_| self.storage(u64::from(workgroups) * 64 * 4)).collect()
    }

    /// A level of `workgroups` workgroups from one buffer to another.
    pub(super) fn level(
        &self,
        before: &Buffer,
        after: &Buffer,
        workgroups: u32,
    ) -> Result<Dispatch, GpuError> {
        let resources = [("before", Resource::Buffer(before)), ("after", Resource::Buffer(after))];
        self.dispatch(&self.level, &resources, workgroups)
    }

    /// One workgroup of 256 that meets at `rounds` barriers.
    pub(super) fn barriers(&self, rounds: u32) -> Result<Dispatch, GpuError> {
        self.serial(&self.barriers, rounds, None)
    }

    /// One invocation that loads `thousands` thousand times, each from a place that the load before told.
    pub(super) fn chase(&self, thousands: u32) -> Result<Dispatch, GpuError> {
        // A step of a generator whose period is the number of places.
        let next: Vec<u8> =
            (0..PLACES).flat_map(|at| ((at * 16_645 + 12_345) % PLACES).to_le_bytes()).collect();
        let next = self.gpu.buffer_with("next", BufferUse::Storage, &next)?;
        self.serial(&self.chase, thousands, Some(("next", &next)))
    }

    /// One workgroup of 256 that goes through `layers` dense layers, for each kind of weight.
    pub(super) fn dense(&self, layers: u32) -> Result<Vec<(Weight, Dispatch)>, GpuError> {
        let weights = self.storage(u64::from(LAYERS) * 256 * 256 * 4)?;
        let dispatch = |(weight, pipeline): &(Weight, Arc<ComputePipeline>)| {
            Ok((*weight, self.serial(pipeline, layers, Some(("weights", &weights)))?))
        };
        self.dense.iter().map(dispatch).collect()
    }

    /// The sum of the same 1 MiB, from a buffer and from a texture.
    pub(super) fn sums(&self) -> Result<[Dispatch; 2], GpuError> {
        let bytes: Vec<u8> = (0..SIDE * SIDE * 4).map(|at| ((at * 37) >> 8) as u8).collect();
        let texels = self.gpu.buffer_with("texels", BufferUse::Storage, &bytes)?;
        let picture = self.picture(&bytes)?;
        let after = self.storage(u64::from(SIDE * SIDE / 16) * 4)?;
        let sum = |pipeline, from| {
            self.dispatch(pipeline, &[from, ("after", Resource::Buffer(&after))], SIDE * SIDE / 16 / 256)
        };
        Ok([
            sum(&self.sum_buffer, ("texels", Resource::Buffer(&texels)))?,
            sum(&self.sum_texture, ("picture", Resource::Texture(&picture)))?,
        ])
    }

    fn picture(&self, texels: &[u8]) -> Result<Texture, GpuError> {
        self.gpu.texture_with(&TextureDesc::new([SIDE; 2], TextureFormat::Rgba8), texels)
    }

    fn storage(&self, bytes: u64) -> Result<Buffer, GpuError> {
        self.gpu.buffer("latency", BufferUse::Storage, bytes)
    }

    /// One workgroup that does something `rounds` times.
    fn serial(
        &self,
        pipeline: &Arc<ComputePipeline>,
        rounds: u32,
        reads: Option<(&str, &Buffer)>,
    ) -> Result<Dispatch, GpuError> {
        let rounds = self.gpu.buffer_with("rounds", BufferUse::Uniform, &rounds.to_le_bytes())?;
        let after = self.storage(256 * 4)?;
        let mut resources = vec![("rounds", Resource::Buffer(&rounds)), ("after", Resource::Buffer(&after))];
        resources.extend(reads.map(|(name, buffer)| (name, Resource::Buffer(buffer))));
        self.dispatch(pipeline, &resources, 1)
    }

    fn dispatch(
        &self,
        pipeline: &Arc<ComputePipeline>,
        resources: &[(&str, Resource<'_>)],
        workgroups: u32,
    ) -> Result<Dispatch, GpuError> {
        Dispatch::new(&self.gpu, Arc::clone(pipeline), resources, [workgroups, 1, 1])
    }
}

fn shader(gpu: &Gpu, text: &str) -> Result<Shader, GpuError> {
    let mut library = Library::for_gpu(gpu);
    library.insert("latency", "latency", text);
    Ok(library.resolve("latency", &[])?)
}

fn pipeline(gpu: &Gpu, shader: &Shader, name: &str) -> Result<Arc<ComputePipeline>, GpuError> {
    Ok(Arc::new(ComputePipeline::new(gpu, shader, name, name)?))
}
