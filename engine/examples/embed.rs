//! The engine inside another program: that program's device, its textures in and out, its own submit.
//!
//! `cargo run --example embed` writes `embed.png` into the temporary folder; `cargo test --examples` checks it.

use std::{error::Error, path::Path, time::Duration};

use antifaz::{
    Engine,
    engine::{EngineOptions, Input},
    filter::{Catalog, Look, LookItem},
    frame::FrameId,
    gpu::{Gpu, Texture, readback::Readback},
    nets::Models,
};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("embed.png");
    let (_, drawn) = pollster::block_on(host_program())?;
    drawn.save(&path)?;
    println!("{}", path.display());
    Ok(())
}

/// A program with a device and a texture of its own: the picture before and after.
async fn host_program() -> Result<(image::RgbaImage, image::RgbaImage), Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = instance.request_adapter(&wgpu::RequestAdapterOptions::default()).await?;
    let (device, queue) = adapter.request_device(&wgpu::DeviceDescriptor::default()).await?;

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let before = image::open(root.join("assets/stills/pd_astronaut.png"))?.into_rgba8();
    let ours = upload(&device, &queue, &before);

    // The engine works on this device from here on.
    let gpu = Gpu::from_host(device.clone(), queue.clone());
    let filter = Catalog::open(&root.join("filters"))?.filter("glasses")?;
    let look = Look(vec![LookItem::parse(filter, "")?]);
    let mut engine = Engine::new(gpu.clone(), Models::embedded(), look, EngineOptions::default())?;

    // It records into this program's encoder, which this program submits when it likes.
    let descriptor = wgpu::CommandEncoderDescriptor { label: Some("the host's frame") };
    let mut encoder = gpu.encoder_from_host(device.create_command_encoder(&descriptor));
    let texture = Texture::from_host(ours).ok_or("a format that the engine does not know")?;
    let input = Input::Texture { texture, id: FrameId(0), time: Duration::ZERO };
    let rendered = engine.record(&mut encoder, input)?;

    // `rendered.picture.texture.raw()` is a texture for this program to draw with. Here it is read back.
    let ticket = Readback::new().start(&mut encoder, &rendered.picture.texture)?;
    queue.submit([encoder.into_host().finish()]);
    let after = image::RgbaImage::from_raw(before.width(), before.height(), ticket.wait(&gpu)?);
    Ok((before, after.ok_or("a picture of another size")?))
}

fn upload(device: &wgpu::Device, queue: &wgpu::Queue, picture: &image::RgbaImage) -> wgpu::Texture {
    let size = wgpu::Extent3d { width: picture.width(), height: picture.height(), depth_or_array_layers: 1 };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("the host's picture"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8UnormSrgb,
        usage: wgpu::TextureUsages::TEXTURE_BINDING
            | wgpu::TextureUsages::COPY_SRC
            | wgpu::TextureUsages::COPY_DST,
        view_formats: &[wgpu::TextureFormat::Rgba8Unorm],
    });
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size.width), rows_per_image: None };
    queue.write_texture(texture.as_image_copy(), picture, layout, size);
    texture
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean difference of code values within a part of the picture.
    fn difference(a: &image::RgbaImage, b: &image::RgbaImage, [x, y, width, height]: [u32; 4]) -> f32 {
        let places = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
        let sum: u32 = places
            .flat_map(|(x, y)| a.get_pixel(x, y).0.into_iter().zip(b.get_pixel(x, y).0))
            .map(|(a, b)| u32::from(a.abs_diff(b)))
            .sum();
        sum as f32 / (width * height * 4) as f32
    }

    #[test]
    fn the_glasses_are_on_the_face_and_nowhere_else() {
        let (before, after) = pollster::block_on(host_program()).expect("a picture");
        assert!(difference(&before, &after, [180, 90, 90, 50]) > 3.0, "the eyes are behind glasses");
        assert_eq!(difference(&before, &after, [0, 300, 512, 212]), 0.0, "the suit is as it was");
    }
}
