//! Buffers that shaders read and write.

use super::{Gpu, GpuError};

/// What a buffer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BufferUse {
    /// Small values, the same for a whole pass: `var<uniform>`.
    Uniform,
    /// Arrays: `var<storage>`.
    Storage,
    /// u32 indices of vertices.
    Index,
}

/// A buffer on the GPU, zero when made.
#[derive(Clone, Debug)]
pub struct Buffer {
    raw: wgpu::Buffer,
    usage: BufferUse,
}

impl Buffer {
    pub(super) fn create(gpu: &Gpu, label: &str, usage: BufferUse, bytes: u64) -> Result<Self, GpuError> {
        let limits = gpu.limits();
        let most = match usage {
            BufferUse::Uniform => limits.max_uniform_buffer_binding_size,
            BufferUse::Storage => limits.max_storage_buffer_binding_size,
            BufferUse::Index => limits.max_buffer_size,
        };
        if bytes > most.min(limits.max_buffer_size) {
            return Err(GpuError::TooLarge {
                what: "the size of a buffer in bytes",
                have: vec![bytes],
                most,
            });
        }
        let own = match usage {
            BufferUse::Uniform => wgpu::BufferUsages::UNIFORM,
            BufferUse::Storage => wgpu::BufferUsages::STORAGE,
            BufferUse::Index => wgpu::BufferUsages::INDEX,
        };
        let raw = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            // Uniform structs are read in steps of 16 bytes.
            size: bytes.max(4).next_multiple_of(if usage == BufferUse::Uniform { 16 } else { 4 }),
            usage: own | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Ok(Self { raw, usage })
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.raw.size()
    }

    /// What it is for.
    pub fn usage(&self) -> BufferUse {
        self.usage
    }

    /// wgpu's own buffer, for programs that embed the engine.
    pub fn raw(&self) -> &wgpu::Buffer {
        &self.raw
    }
}
