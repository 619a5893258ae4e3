//! The resources of a pipeline, bound by the names they have in the shader.

use std::sync::{Mutex, PoisonError};

use super::{
    Buffer, BufferUse, Gpu, GpuError, Texture, health,
    reflect::{self, Member, Slot},
    shader::Shader,
    uses::{How, Id, Use},
};

/// Bind groups kept a pipeline: textures from the pool come back in few constellations.
const KEPT_GROUPS: usize = 32;
/// What WebGPU allows everywhere.
const MAX_GROUPS: u32 = 4;

/// How a texture is looked up between texels and outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampler {
    /// Linear, edges go on.
    Linear,
    /// Linear, repeated.
    Repeat,
    /// The nearest texel, edges go on.
    Nearest,
}

/// What is given to a shader's global.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// Texels as the format means them: linear light of sRGB formats.
    Texture(&'a Texture),
    /// Texels as they are stored: the sRGB curve is left on.
    Coded(&'a Texture),
    /// A sampler.
    Sampler(Sampler),
    /// A uniform or storage buffer.
    Buffer(&'a Buffer),
}

/// One of each [`Sampler`].
#[derive(Debug)]
pub(super) struct Samplers([wgpu::Sampler; 3]);

impl Samplers {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let sampler = |filter, address| {
            device.create_sampler(&wgpu::SamplerDescriptor {
                address_mode_u: address,
                address_mode_v: address,
                address_mode_w: address,
                mag_filter: filter,
                min_filter: filter,
                mipmap_filter: match filter {
                    wgpu::FilterMode::Nearest => wgpu::MipmapFilterMode::Nearest,
                    wgpu::FilterMode::Linear => wgpu::MipmapFilterMode::Linear,
                },
                ..Default::default()
            })
        };
        Self([
            sampler(wgpu::FilterMode::Linear, wgpu::AddressMode::ClampToEdge),
            sampler(wgpu::FilterMode::Linear, wgpu::AddressMode::Repeat),
            sampler(wgpu::FilterMode::Nearest, wgpu::AddressMode::ClampToEdge),
        ])
    }

    fn get(&self, sampler: Sampler) -> &wgpu::Sampler {
        &self.0[sampler as usize]
    }
}

/// What identifies a bound resource.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    View(wgpu::TextureView),
    Buffer(wgpu::Buffer),
    Sampler(Sampler),
}

/// Bytes of all that a draw or dispatch is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// The layout of a pipeline's resources and the bind groups made so far.
#[derive(Debug)]
pub(super) struct Bindings {
    label: String,
    slots: Vec<Slot>,
    layouts: Vec<wgpu::BindGroupLayout>,
    made: Mutex<Vec<(u32, Vec<Key>, wgpu::BindGroup)>>,
}

impl Bindings {
    /// Reflects what `entries` of `shader` use.
    pub(super) fn reflect(
        gpu: &Gpu,
        shader: &Shader,
        label: &str,
        entries: &[usize],
    ) -> Result<Self, GpuError> {
        let wrong = |wrong: String| GpuError::Pipeline { label: label.to_owned(), wrong };
        let slots = reflect::slots(shader.module(), shader.info(), entries, |name| shader.authors_name(name))
            .map_err(wrong)?;
        for pair in slots.windows(2) {
            if (pair[0].group, pair[0].entry.binding) == (pair[1].group, pair[1].entry.binding) {
                return Err(wrong(format!("`{}` and `{}` have one place", pair[0].name, pair[1].name)));
            }
        }
        let groups = slots.iter().map(|slot| slot.group + 1).max().unwrap_or(0);
        if groups > MAX_GROUPS {
            return Err(wrong(format!(
                "its resources are in {groups} groups, at most {MAX_GROUPS} are allowed"
            )));
        }
        // Gaps in the numbers of groups become empty layouts.
        let layout = |group| {
            let of_group = slots.iter().filter(|slot| slot.group == group);
            gpu.device().create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(label),
                entries: &of_group.map(|slot| slot.entry).collect::<Vec<_>>(),
            })
        };
        let layouts =
            health::scoped(gpu.device(), "lays out a pipeline", || (0..groups).map(layout).collect())?;
        Ok(Self { label: label.to_owned(), slots, layouts, made: Mutex::default() })
    }

    pub(super) fn pipeline_layout(&self, gpu: &Gpu) -> wgpu::PipelineLayout {
        let layouts: Vec<_> = self.layouts.iter().map(Some).collect();
        gpu.device().create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&self.label),
            bind_group_layouts: &layouts,
            ..Default::default()
        })
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn uses(&self, name: &str) -> bool {
        self.slots.iter().any(|slot| slot.name == name)
    }

    pub(super) fn members(&self, name: &str) -> &[Member] {
        self.slots.iter().find(|slot| slot.name == name).map_or(&[], |slot| &slot.members)
    }

    /// The bind groups for `given`, in order. What the shader doesn't use is left out.
    pub(super) fn groups(
        &self,
        gpu: &Gpu,
        given: &[(&str, Resource<'_>)],
    ) -> Result<Vec<wgpu::BindGroup>, GpuError> {
        (0..self.layouts.len() as u32).map(|group| self.group(gpu, group, given)).collect()
    }

    /// Bytes of what the shader may read of `given`, and of what it may write.
    pub(super) fn traffic(&self, given: &[(&str, Resource<'_>)]) -> Traffic {
        let mut traffic = Traffic::default();
        for slot in &self.slots {
            let given = given.iter().find(|(name, _)| *name == slot.name).map(|(_, resource)| resource);
            let bytes = match given {
                Some(Resource::Texture(texture) | Resource::Coded(texture)) => texture.desc().bytes(),
                Some(Resource::Buffer(buffer)) => buffer.bytes(),
                Some(Resource::Sampler(_)) | None => 0,
            };
            match how(slot.entry.ty) {
                How::Writes => traffic.written += bytes,
                How::Reads | How::Constant => traffic.read += bytes,
            }
        }
        traffic
    }

    /// All buffers and textures among `given` that the shader uses, each once for each way.
    pub(super) fn uses_of(&self, given: &[(&str, Resource<'_>)]) -> Vec<Use> {
        let one = |slot: &Slot| {
            let (_, resource) = given.iter().find(|(name, _)| *name == slot.name)?;
            let how = how(slot.entry.ty);
            match resource {
                Resource::Buffer(buffer) => {
                    Some(Use { id: Id::Buffer(buffer.raw().clone()), how, view: None })
                }
                Resource::Texture(texture) | Resource::Coded(texture) => {
                    let desc = texture.desc();
                    let view = (desc.mips == 1 && desc.layers == 1).then(|| texture.view().clone());
                    Some(Use { id: Id::Texture(texture.raw().clone()), how, view })
                }
                Resource::Sampler(_) => None,
            }
        };
        let mut uses: Vec<Use> = Vec::with_capacity(self.slots.len());
        for used in self.slots.iter().filter_map(one) {
            if !uses.iter().any(|known| known.id == used.id && known.how == used.how) {
                uses.push(used);
            }
        }
        uses
    }

    fn group(
        &self,
        gpu: &Gpu,
        group: u32,
        given: &[(&str, Resource<'_>)],
    ) -> Result<wgpu::BindGroup, GpuError> {
        let slots = || self.slots.iter().filter(move |slot| slot.group == group);
        let keys = slots().map(|slot| self.key(slot, given)).collect::<Result<Vec<_>, _>>()?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = made.iter().position(|known| known.0 == group && known.1 == keys) {
            // The last one used goes last: the first are the oldest.
            let known = made.remove(index);
            made.push(known);
            return Ok(made[made.len() - 1].2.clone());
        }
        let entries: Vec<_> = slots()
            .zip(&keys)
            .map(|(slot, key)| wgpu::BindGroupEntry {
                binding: slot.entry.binding,
                resource: match key {
                    Key::View(view) => wgpu::BindingResource::TextureView(view),
                    Key::Buffer(buffer) => buffer.as_entire_binding(),
                    Key::Sampler(sampler) => wgpu::BindingResource::Sampler(gpu.samplers().get(*sampler)),
                },
            })
            .collect();
        gpu.count_bind_group();
        let bound = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(&self.label),
            layout: &self.layouts[group as usize],
            entries: &entries,
        });
        if made.len() >= KEPT_GROUPS {
            made.remove(0);
        }
        made.push((group, keys, bound.clone()));
        Ok(bound)
    }

    fn key(&self, slot: &Slot, given: &[(&str, Resource<'_>)]) -> Result<Key, GpuError> {
        use wgpu::BindingType as Wanted;
        let wrong =
            |wrong: String| GpuError::Binding { label: self.label.clone(), name: slot.name.clone(), wrong };
        let Some((_, resource)) = given.iter().find(|(name, _)| *name == slot.name) else {
            return Err(wrong("was not given".to_owned()));
        };
        match (slot.entry.ty, *resource) {
            (Wanted::Texture { .. } | Wanted::StorageTexture { .. }, Resource::Texture(texture)) => {
                Ok(Key::View(texture.view().clone()))
            }
            (Wanted::Texture { .. } | Wanted::StorageTexture { .. }, Resource::Coded(texture)) => {
                Ok(Key::View(texture.coded_view().clone()))
            }
            (Wanted::Sampler(_), Resource::Sampler(sampler)) => Ok(Key::Sampler(sampler)),
            (Wanted::Buffer { ty, min_binding_size, .. }, Resource::Buffer(buffer)) => {
                let uniform = ty == wgpu::BufferBindingType::Uniform;
                if uniform != (buffer.usage() == BufferUse::Uniform) {
                    return Err(wrong(format!(
                        "is a {ty:?} buffer, but a {:?} one was given",
                        buffer.usage()
                    )));
                }
                let least = min_binding_size.map_or(0, u64::from);
                if buffer.bytes() < least {
                    return Err(wrong(format!("takes {least} bytes, but {} were given", buffer.bytes())));
                }
                Ok(Key::Buffer(buffer.raw().clone()))
            }
            (wanted, _) => Err(wrong(format!("is a {}, but something else was given", kind(wanted)))),
        }
    }
}

fn how(bound: wgpu::BindingType) -> How {
    use wgpu::{BindingType as Ty, BufferBindingType as Buffer};
    match bound {
        Ty::StorageTexture { .. } | Ty::Buffer { ty: Buffer::Storage { read_only: false }, .. } => {
            How::Writes
        }
        Ty::Buffer { ty: Buffer::Uniform, .. } => How::Constant,
        _ => How::Reads,
    }
}

fn kind(wanted: wgpu::BindingType) -> &'static str {
    match wanted {
        wgpu::BindingType::Buffer { .. } => "buffer",
        wgpu::BindingType::Sampler(_) => "sampler",
        wgpu::BindingType::StorageTexture { .. } => "storage texture",
        _ => "texture",
    }
}
