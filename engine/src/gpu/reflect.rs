//! Bind group layouts and the members of uniforms, read from naga's module: declared once, in the shader.

use std::num::NonZeroU64;

use naga::{AddressSpace, ImageClass, ImageDimension, ScalarKind, StorageAccess, TypeInner};
use wgpu_naga_bridge::{map_naga_stage, map_storage_format_from_naga};

/// The kind of number that a [`Member`] is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `f32`
    F32,
    /// `f16`
    F16,
    /// `u32`
    U32,
    /// `i32`
    I32,
}

/// A member of a uniform's struct, for filling it by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; of nested structs `outer.inner`, of their arrays `outer[2].inner`.
    pub name: String,
    /// First byte within the struct.
    pub offset: u32,
    /// The kind of number.
    pub scalar: Scalar,
    /// Numbers in a row: 1 of `f32`, 3 of `vec3f`.
    pub width: u32,
    /// Rows: columns of a matrix, elements of an array, else 1.
    pub rows: u32,
    /// Bytes from one row to the next, 0 where there is one.
    pub stride: u32,
}

/// A resource that the entry points of a pipeline use.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The global's name, as its author wrote it.
    pub(super) name: String,
    pub(super) group: u32,
    pub(super) entry: wgpu::BindGroupLayoutEntry,
    /// Members of the struct, of uniforms.
    pub(super) members: Vec<Member>,
}

/// The resources of `entries`, in the order of group and binding.
///
/// `name` turns a name of the merged text into the author's.
pub(super) fn slots(
    module: &naga::Module,
    info: &naga::valid::ModuleInfo,
    entries: &[usize],
    name: impl Fn(&str) -> String,
) -> Result<Vec<Slot>, String> {
    let mut slots = Vec::new();
    for (handle, variable) in module.global_variables.iter() {
        let Some(place) = &variable.binding else { continue };
        let (mut visibility, mut filtering) = (wgpu::ShaderStages::empty(), false);
        for &entry in entries {
            let used = info.get_entry_point(entry);
            if !used[handle].is_empty() {
                visibility |= map_naga_stage(module.entry_points[entry].stage);
                filtering |= used.sampling_set.iter().any(|pair| pair.image == handle);
            }
        }
        if visibility.is_empty() {
            continue;
        }
        let ty = binding(module, variable, filtering)?;
        let uniform = variable.space == AddressSpace::Uniform;
        slots.push(Slot {
            name: name(variable.name.as_deref().unwrap_or_default()),
            group: place.group,
            entry: wgpu::BindGroupLayoutEntry { binding: place.binding, visibility, ty, count: None },
            members: if uniform { members(module, variable.ty) } else { Vec::new() },
        });
    }
    slots.sort_by_key(|slot| (slot.group, slot.entry.binding));
    Ok(slots)
}

fn binding(
    module: &naga::Module,
    variable: &naga::GlobalVariable,
    filtering: bool,
) -> Result<wgpu::BindingType, String> {
    let inner = &module.types[variable.ty].inner;
    let buffer = |ty| wgpu::BindingType::Buffer {
        ty,
        has_dynamic_offset: false,
        min_binding_size: NonZeroU64::new(inner.size(module.to_ctx()).into()),
    };
    Ok(match (&variable.space, inner) {
        (AddressSpace::Uniform, _) => buffer(wgpu::BufferBindingType::Uniform),
        (AddressSpace::Storage { access }, _) => {
            let read_only = !access.contains(StorageAccess::STORE);
            buffer(wgpu::BufferBindingType::Storage { read_only })
        }
        (_, TypeInner::Sampler { comparison: true }) => {
            wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Comparison)
        }
        (_, TypeInner::Sampler { comparison: false }) => {
            wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)
        }
        (_, &TypeInner::Image { dim, arrayed, class }) => image(dim, arrayed, class, filtering)?,
        _ => return Err("has a type that can't be bound".to_owned()),
    })
}

fn image(
    dim: ImageDimension,
    arrayed: bool,
    class: ImageClass,
    filtering: bool,
) -> Result<wgpu::BindingType, String> {
    let view_dimension = match (dim, arrayed) {
        (ImageDimension::D1, _) => wgpu::TextureViewDimension::D1,
        (ImageDimension::D2, false) => wgpu::TextureViewDimension::D2,
        (ImageDimension::D2, true) => wgpu::TextureViewDimension::D2Array,
        (ImageDimension::D3, _) => wgpu::TextureViewDimension::D3,
        (ImageDimension::Cube, false) => wgpu::TextureViewDimension::Cube,
        (ImageDimension::Cube, true) => wgpu::TextureViewDimension::CubeArray,
    };
    let sampled =
        |sample_type, multisampled| wgpu::BindingType::Texture { sample_type, view_dimension, multisampled };
    Ok(match class {
        ImageClass::Sampled { kind: ScalarKind::Sint, multi } => {
            sampled(wgpu::TextureSampleType::Sint, multi)
        }
        ImageClass::Sampled { kind: ScalarKind::Uint, multi } => {
            sampled(wgpu::TextureSampleType::Uint, multi)
        }
        ImageClass::Sampled { multi, .. } => {
            sampled(wgpu::TextureSampleType::Float { filterable: filtering && !multi }, multi)
        }
        ImageClass::Depth { multi } => sampled(wgpu::TextureSampleType::Depth, multi),
        ImageClass::Storage { format, access } => wgpu::BindingType::StorageTexture {
            access: match (access.contains(StorageAccess::LOAD), access.contains(StorageAccess::STORE)) {
                (true, true) => wgpu::StorageTextureAccess::ReadWrite,
                (true, false) => wgpu::StorageTextureAccess::ReadOnly,
                _ => wgpu::StorageTextureAccess::WriteOnly,
            },
            format: map_storage_format_from_naga(format),
            view_dimension,
        },
        ImageClass::External => return Err("is an external texture, which filters can't have".to_owned()),
    })
}

/// The members of a uniform's struct. Of a plain uniform one member without a name.
fn members(module: &naga::Module, ty: naga::Handle<naga::Type>) -> Vec<Member> {
    let mut found = Vec::new();
    walk(module, ty, Member::row(String::new(), 0), &mut found);
    found
}

impl Member {
    fn row(name: String, offset: u32) -> Self {
        Self { name, offset, scalar: Scalar::F32, width: 1, rows: 1, stride: 0 }
    }
}

/// Appends what `ty` is made of; `at` gives name, offset, rows and stride so far.
fn walk(module: &naga::Module, ty: naga::Handle<naga::Type>, at: Member, found: &mut Vec<Member>) {
    let is_row = |ty: naga::Handle<naga::Type>| {
        matches!(module.types[ty].inner, TypeInner::Scalar(_) | TypeInner::Vector { .. })
    };
    match &module.types[ty].inner {
        TypeInner::Scalar(scalar) => push(found, at, *scalar),
        TypeInner::Vector { size, scalar } => push(found, Member { width: *size as u32, ..at }, *scalar),
        TypeInner::Matrix { columns, rows, scalar } => {
            let stride = naga::proc::Alignment::from(*rows) * u32::from(scalar.width);
            let column = Member { width: *rows as u32, rows: *columns as u32, stride, ..at };
            push(found, column, *scalar);
        }
        TypeInner::Array { base, size: naga::ArraySize::Constant(count), stride } if is_row(*base) => {
            walk(module, *base, Member { rows: count.get(), stride: *stride, ..at }, found);
        }
        TypeInner::Array { base, size: naga::ArraySize::Constant(count), stride } => {
            for index in 0..count.get() {
                let element = Member::row(format!("{}[{index}]", at.name), at.offset + index * stride);
                walk(module, *base, element, found);
            }
        }
        TypeInner::Struct { members, .. } => {
            for member in members {
                let inner = member.name.as_deref().unwrap_or_default();
                let name = if at.name.is_empty() { inner.to_owned() } else { format!("{}.{inner}", at.name) };
                walk(module, member.ty, Member::row(name, at.offset + member.offset), found);
            }
        }
        _ => {}
    }
}

fn push(found: &mut Vec<Member>, member: Member, scalar: naga::Scalar) {
    let scalar = match (scalar.kind, scalar.width) {
        (ScalarKind::Float, 2) => Scalar::F16,
        (ScalarKind::Float, _) => Scalar::F32,
        (ScalarKind::Sint, _) => Scalar::I32,
        _ => Scalar::U32,
    };
    found.push(Member { scalar, ..member });
}
