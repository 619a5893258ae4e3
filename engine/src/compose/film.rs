//! Films in the place of filters' pictures: brought to the GPU when they show something new.

use std::{sync::Arc, time::Duration};

use crate::{
    filter::{Film, Given, LookItem},
    gpu::{Encoder, Gpu, GpuError, Texture},
    kernels::convert::Convert,
};

/// A film that is shown in the place of a texture.
#[derive(Debug)]
pub(super) struct Projector {
    /// The number of the asset.
    asset: usize,
    film: Arc<dyn Film>,
    convert: Convert,
    /// The number of the shot that is there.
    shot: Option<u64>,
}

impl Projector {
    /// One for each film that is given for a picture of the item's filter.
    pub(super) fn all(gpu: &Gpu, item: &LookItem) -> Result<Vec<Self>, GpuError> {
        let films = item.pictures.iter().filter_map(|(asset, given)| match given {
            Given::Film(film) => Some((*asset, Arc::clone(film))),
            Given::Still(_) => None,
        });
        let all =
            films.map(|(asset, film)| Ok(Self { asset, film, convert: Convert::new(gpu)?, shot: None }));
        all.collect()
    }

    /// Records the upload of what is to be seen at `time`, in the place of one of `textures`, by asset.
    pub(super) fn show(
        &mut self,
        encoder: &mut Encoder,
        time: Duration,
        textures: &mut [(String, Texture)],
    ) -> Result<(), GpuError> {
        let shot = self.film.at(time);
        if self.shot != Some(shot.number) {
            textures[self.asset].1 = self.convert.record(encoder, &shot.pixels)?;
            self.shot = Some(shot.number);
        }
        Ok(())
    }
}
