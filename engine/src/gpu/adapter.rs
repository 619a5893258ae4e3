//! Which GPU to use, and why.

use super::{Covers, GpuError};

/// What a program says about the device that it wants.
#[derive(Clone, Debug, Default)]
pub struct GpuOptions {
    /// A part of the adapter's name, in any case. `None` takes the best: hardware before software.
    pub adapter: Option<String>,
    /// Ask for timestamps, to measure GPU times. Without effect where the device has none.
    pub timestamps: bool,
    /// How passes that cover their target are done.
    pub covers: Covers,
}

/// A graphics adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Its name, as its driver says it.
    pub name: String,
    /// The programming interface below: `vulkan`, `metal`, `dx12`, ...
    pub backend: String,
    /// Name and version of the driver.
    pub driver: String,
    /// Whether it draws on the CPU.
    pub software: bool,
    /// Whether it is a GPU with memory of its own.
    pub discrete: bool,
    /// Why it was chosen, to be shown to people; empty where it was not.
    pub reason: String,
}

impl AdapterInfo {
    pub(super) fn from_wgpu(info: &wgpu::AdapterInfo, reason: &str) -> Self {
        Self {
            name: info.name.clone(),
            backend: info.backend.to_str().to_owned(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            software: info.device_type == wgpu::DeviceType::Cpu,
            discrete: info.device_type == wgpu::DeviceType::DiscreteGpu,
            reason: reason.to_owned(),
        }
    }

    /// Whether it is Mesa's software driver: it compiles a shader for the CPU when something is first drawn with it, while
    /// all that is submitted later waits, and keeps the result on disk.
    pub(super) fn is_llvmpipe(&self) -> bool {
        self.software && self.driver.starts_with("llvmpipe")
    }
}

pub(super) fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    wgpu::Instance::new(descriptor)
}

/// All adapters, best first.
pub(super) async fn all(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    let mut adapters = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    adapters
}

/// The adapter that `options` asks for, and the reason of the choice. `surface` must be drawable from it.
pub(super) async fn choose(
    instance: &wgpu::Instance,
    options: &GpuOptions,
    surface: Option<&wgpu::Surface<'_>>,
) -> Result<(wgpu::Adapter, String), GpuError> {
    let mut adapters = all(instance).await;
    adapters.retain(|adapter| surface.is_none_or(|surface| adapter.is_surface_supported(surface)));
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    let kinds: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().device_type).collect();
    let (index, reason) = pick(&names, &kinds, options.adapter.as_deref())?;
    Ok((adapters.swap_remove(index), reason))
}

/// The index of the adapter that `asked` names, or else the first, and the reason.
fn pick(
    names: &[String],
    kinds: &[wgpu::DeviceType],
    asked: Option<&str>,
) -> Result<(usize, String), GpuError> {
    if names.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    if let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) {
        let wanted = asked.to_lowercase();
        return names
            .iter()
            .position(|name| name.to_lowercase().contains(&wanted))
            .map(|index| (index, format!("its name contains {asked:?}")))
            .ok_or_else(|| GpuError::AdapterNotFound { asked: asked.to_owned(), found: names.to_vec() });
    }
    let reason = match (kinds[0], names.len()) {
        (wgpu::DeviceType::Cpu, _) => "software drawing, because there is no hardware adapter",
        (_, 1) => "the only adapter",
        (wgpu::DeviceType::DiscreteGpu, _) => "the first discrete GPU",
        (wgpu::DeviceType::IntegratedGpu, _) => "the first integrated GPU, because there is no discrete one",
        _ => "the first adapter",
    };
    Ok((0, reason.to_owned()))
}

/// Order of preference.
fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// A device with what the engine can make use of, and the adapter's own limits.
pub(super) async fn open(
    adapter: &wgpu::Adapter,
    timestamps: bool,
) -> Result<(wgpu::Device, wgpu::Queue), GpuError> {
    use wgpu::Features;
    let mut useful = Features::SHADER_F16 | Features::SUBGROUP | Features::PIPELINE_CACHE;
    if timestamps {
        useful |= super::timer::FEATURES;
    }
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("antifaz"),
        required_features: adapter.features() & useful,
        required_limits: adapter.limits(),
        ..Default::default()
    };
    adapter.request_device(&descriptor).await.map_err(|error| GpuError::NoDevice {
        adapter: adapter.get_info().name,
        reason: error.to_string().trim_end_matches('.').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wgpu::DeviceType::{Cpu, DiscreteGpu};

    #[test]
    fn a_part_of_the_name_in_any_case_is_enough() {
        let names = ["NVIDIA RTX".to_owned(), "llvmpipe (LLVM 15)".to_owned()];
        let (index, reason) = pick(&names, &[DiscreteGpu, Cpu], Some("LLVMpipe")).unwrap();
        assert_eq!(index, 1);
        assert!(reason.contains("LLVMpipe"));
        assert_eq!(pick(&names, &[DiscreteGpu, Cpu], None).unwrap().0, 0);
        assert!(matches!(
            pick(&names, &[DiscreteGpu, Cpu], Some("arc")),
            Err(GpuError::AdapterNotFound { found, .. }) if found.len() == 2
        ));
    }

    #[test]
    fn no_adapter_names_the_package() {
        let error = pick(&[], &[], Some("x")).unwrap_err();
        assert!(error.to_string().contains("mesa-vulkan-drivers"));
    }

    #[test]
    fn hardware_goes_first() {
        assert!(rank(DiscreteGpu) < rank(Cpu));
    }
}
