//! The matting kernel on the CPU, frame by frame.

use super::{super::islands, Params, size_of_copy, size_of_mask};

/// Values of four channels, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Floats {
    /// Width and height.
    pub size: [usize; 2],
    /// Row by row.
    pub texels: Vec<[f32; 4]>,
}

/// Half of the sides of windows, and other constants of the shader.
const WIDE: isize = 5;
const WIDE_MEAN: isize = 3;
const NEAR: isize = 2;
const AROUND: isize = 3;
const NOISE: f32 = 0.0006;
const STEEPEST: f32 = 40.0;
const STILL: f32 = 0.022;
const MOVED: f32 = 0.06;
const HOLD: f32 = 0.3;
const SEES: [f32; 2] = [0.35, 0.7];
const EDGE: f32 = 0.016;
const DIFFERS: [f32; 2] = [0.15, 0.6];

impl Floats {
    /// Makes each texel from its column and row.
    pub fn make(size: [usize; 2], texel: impl Fn(usize, usize) -> [f32; 4]) -> Self {
        let texels = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| [x, y]));
        Self { size, texels: texels.map(|[x, y]| texel(x, y)).collect() }
    }

    /// The texel at a place, or the nearest one.
    pub fn at(&self, x: isize, y: isize) -> [f32; 4] {
        let place = |at: isize, side: usize| at.clamp(0, side as isize - 1) as usize;
        self.texels[place(y, self.size[1]) * self.size[0] + place(x, self.size[0])]
    }

    /// What a texture sampler gives: bilinear, edges go on.
    pub fn sample(&self, uv: [f32; 2]) -> [f32; 4] {
        let [x, y] = [0, 1].map(|axis: usize| uv[axis] * self.size[axis] as f32 - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (u, v) = (x - left, y - top);
        let corner = |right: isize, down: isize| self.at(left as isize + right, top as isize + down);
        let (a, b, c, d) = (corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1));
        std::array::from_fn(|i| (a[i] * (1.0 - u) + b[i] * u) * (1.0 - v) + (c[i] * (1.0 - u) + d[i] * u) * v)
    }

    /// Sums `of` each texel of the window around a place, or every other one of each row and column.
    fn sum<const N: usize>(
        &self,
        [x, y]: [usize; 2],
        (reach, step): (isize, usize),
        of: impl Fn([f32; 4]) -> [f32; N],
    ) -> [f32; N] {
        let mut sum = [0.0; N];
        for (down, right) in (-reach..=reach)
            .step_by(step)
            .flat_map(|down| (-reach..=reach).step_by(step).map(move |right| (down, right)))
        {
            let values = of(self.at(x as isize + right, y as isize + down));
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        sum
    }
}

/// What the twin keeps from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct Twin {
    guides: Vec<(u64, Floats)>,
    person: Option<Floats>,
}

impl Twin {
    /// What [`super::Matting::record`] does: person, front and back, for a picture (linear light) and a mask (in its
    /// first channel), their frames' numbers and the seconds since the frame before.
    pub fn step(
        &mut self,
        picture: &Floats,
        mask: &Floats,
        [number, seen]: [u64; 2],
        delta: f32,
    ) -> [Floats; 3] {
        if delta == 0.0 {
            *self = Self { person: self.person.take(), ..Self::default() };
        }
        let sides = |size: [u32; 2]| size.map(|side| side as usize);
        let size = picture.size.map(|side| side as u32);
        let (small, full) = (sides(size_of_copy(size)), sides(size_of_mask(size)));
        let now = shrink(picture, small);
        let old = self.guides.iter().rev().find(|(at, _)| *at <= seen).or(self.guides.first());
        let guide = old.filter(|_| seen < number).map_or(&now, |(_, guide)| guide);
        let params = Params::after(self.person.as_ref().map_or(0.0, |_| delta));
        let before = self.person.take().unwrap_or_else(|| Floats::make(full, |_, _| [0.0; 4]));
        let mut pairs = paired(guide, mask, &before, params);
        let mut alone: Vec<f32> = pairs.texels.iter().map(|texel| texel[3]).collect();
        islands::cpu(&mut alone, small);
        pairs.texels.iter_mut().zip(alone).for_each(|(texel, alone)| texel[3] = alone);
        let half = small.map(|side| side.div_ceil(2));
        let wide = averaged(&fit(&pairs, WIDE, 2), WIDE_MEAN, 2);
        let pairs = Floats::make(small, |x, y| {
            let [r, g, b, _] = guide.at(x as isize, y as isize);
            [r, g, b, smoothstep(0.25, 0.75, applied(wide.at(x as isize, y as isize), [r, g, b]))]
        });
        let lines = averaged(&fit(&pairs, NEAR, 1), NEAR, 1);
        let person = steady(picture, &lines, &before, full, params);
        let sides = [true, false].map(|of_person| gathered(&now, &lines, half, of_person));
        self.guides.push((number, now));
        if self.guides.len() > super::REMEMBERED {
            self.guides.remove(0);
        }
        self.person = Some(person.clone());
        let [front, back] = sides;
        [person, front, back]
    }
}

/// The middle of a cell of a table of this size.
fn middle([x, y]: [usize; 2], [width, height]: [usize; 2]) -> [f32; 2] {
    [(x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32]
}

fn tone(light: f32) -> f32 {
    light.max(0.0).sqrt()
}

fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn applied([r, g, b, offset]: [f32; 4], tone: [f32; 3]) -> f32 {
    dot([r, g, b], tone) + offset
}

fn shrink(picture: &Floats, small: [usize; 2]) -> Floats {
    Floats::make(small, |x, y| {
        let mut sum = [0.0; 3];
        for (v, u) in (0..3).flat_map(|v| (0..3).map(move |u| (v, u))) {
            let at = [(x, u, small[0]), (y, v, small[1])]
                .map(|(cell, part, side)| (cell as f32 + (part as f32 + 0.5) / 3.0) / side as f32);
            let light = picture.sample(at);
            sum.iter_mut().zip(light).for_each(|(sum, light)| *sum += tone(light));
        }
        [sum[0] / 9.0, sum[1] / 9.0, sum[2] / 9.0, 1.0]
    })
}

fn stillness(change: [f32; 3]) -> f32 {
    1.0 - smoothstep(STILL, MOVED, change.into_iter().fold(0.0, f32::max))
}

fn paired(guide: &Floats, mask: &Floats, before: &Floats, params: Params) -> Floats {
    let small = shrink(before, guide.size);
    Floats::make(guide.size, |x, y| {
        let uv = middle([x, y], guide.size);
        let person = mask.sample(uv)[0];
        let corner = |right: f32, down: f32| {
            mask.sample([uv[0] + right / mask.size[0] as f32, uv[1] + down / mask.size[1] as f32])[0]
        };
        let near = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)];
        let (least, most) =
            (near.into_iter().fold(person, f32::min), near.into_iter().fold(person, f32::max));
        let doubt = 1.0 - smoothstep(SEES[0], SEES[1], most - least);
        let [r, g, b, _] = guide.at(x as isize, y as isize);
        let then = small.at(x as isize, y as isize);
        let change = [r - then[0], g - then[1], b - then[2]].map(f32::abs);
        let still = if params.kept > 0.0 { stillness(change) } else { 0.0 };
        let held = HOLD * doubt * still * (2.0 * before.sample(uv)[3] - 1.0);
        [r, g, b, smoothstep(0.25, 0.75, person + held)]
    })
}

fn fit(pairs: &Floats, reach: isize, step: usize) -> Floats {
    let count = (2 * reach as usize / step + 1).pow(2) as f32;
    Floats::make(pairs.size, |x, y| {
        let sums = pairs.sum([x, y], (reach, step), |[r, g, b, a]| {
            [r, g, b, a, r * a, g * a, b * a, r * r, g * g, b * b, r * g, r * b, g * b]
        });
        let [r, g, b, a, ra, ga, ba, rr, gg, bb, rg, rb, gb] = sums.map(|sum| sum / count);
        let covariance = [ra - r * a, ga - g * a, ba - b * a];
        let s = [rr - r * r + NOISE, gg - g * g + NOISE, bb - b * b + NOISE];
        let m = [rg - r * g, rb - r * b, gb - g * b];
        let first = [s[1] * s[2] - m[2] * m[2], m[1] * m[2] - m[0] * s[2], m[0] * m[2] - m[1] * s[1]];
        let second = [first[1], s[0] * s[2] - m[1] * m[1], m[0] * m[1] - s[0] * m[2]];
        let third = [first[2], second[2], s[0] * s[1] - m[0] * m[0]];
        let determinant = dot([s[0], m[0], m[1]], first).max(1e-12);
        let slope =
            [first, second, third].map(|row| (dot(row, covariance) / determinant).clamp(-STEEPEST, STEEPEST));
        [slope[0], slope[1], slope[2], a - dot(slope, [r, g, b])]
    })
}

fn averaged(fitted: &Floats, reach: isize, step: usize) -> Floats {
    let count = (2 * reach as usize / step + 1).pow(2) as f32;
    Floats::make(fitted.size, |x, y| fitted.sum([x, y], (reach, step), |line| line).map(|sum| sum / count))
}

fn person_of(line: [f32; 4], tone: [f32; 3]) -> f32 {
    smoothstep(0.2, 0.8, applied(line, tone))
}

fn steady(picture: &Floats, lines: &Floats, before: &Floats, full: [usize; 2], params: Params) -> Floats {
    let [width, height] = full.map(|side| side as f32);
    Floats::make(full, |x, y| {
        let uv = [(x as f32 + 0.5) / width, (y as f32 + 0.5) / height];
        let line = lines.sample(uv);
        let (mut now, mut changed) = (0.0, [0.0_f32; 3]);
        for (right, down) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
            let at = [uv[0] + right / width, uv[1] + down / height];
            let [r, g, b, _] = picture.sample(at);
            let seen = [r, g, b].map(tone);
            now += person_of(line, seen) / 4.0;
            let then = before.sample(at);
            for ((changed, seen), then) in changed.iter_mut().zip(seen).zip(then) {
                *changed += (seen - tone(then)).abs() / 4.0;
            }
        }
        let still = stillness(changed);
        let corner = |right: f32, down: f32| {
            before.sample([uv[0] + right * EDGE * height / width, uv[1] + down * EDGE])[3]
        };
        let corners = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)];
        let [a, b, c, d] = corners;
        let (least, most) = (a.min(d).max(b.min(c)), a.max(d).min(b.max(c)));
        let then = before.at(x as isize, y as isize)[3].clamp(now.min(least), now.max(most));
        let differs = smoothstep(DIFFERS[0], DIFFERS[1], (now - then).abs());
        let (lowest, highest) =
            (corners.into_iter().fold(1.0, f32::min), corners.into_iter().fold(0.0, f32::max));
        let share = params.kept + (params.lasting - params.kept) * differs;
        let share = share * (1.0 - differs * (highest - lowest)) * still;
        let [r, g, b, _] = picture.sample(uv);
        [r, g, b, now + (then - now) * share]
    })
}

fn gathered(guide: &Floats, lines: &Floats, half: [usize; 2], of_person: bool) -> Floats {
    Floats::make(half, |x, y| {
        let uv = middle([x, y], half);
        let corner = [0, 1].map(|axis: usize| (uv[axis] * guide.size[axis] as f32).round() as isize);
        let mut sum = [0.0; 4];
        for (down, right) in
            (-AROUND..AROUND).flat_map(|down| (-AROUND..AROUND).map(move |right| (down, right)))
        {
            let place = [corner[0] + right, corner[1] + down];
            let [r, g, b, _] = guide.at(place[0], place[1]);
            let person = person_of(lines.at(place[0], place[1]), [r, g, b]);
            let share = if of_person { person } else { 1.0 - person };
            let weight = share.powi(4) / (1 + right * (right + 1) + down * (down + 1)) as f32;
            let values = [r * r, g * g, b * b, 1.0];
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * weight);
        }
        sum
    })
}
