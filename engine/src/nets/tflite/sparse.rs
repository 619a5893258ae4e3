//! Sparse weights, as DENSIFY expands them: a tree of levels, each dense or a list of indices
//! (tensorflow/lite/kernels/internal/utils/sparsity_format_converter.cc).

use std::ops::Range;

use super::{super::graph::Constant, NetError, Table, corrupt};

/// One level of the tree.
enum Level {
    Dense(usize),
    /// Children of node `i` are `indices[segments[i]..segments[i + 1]]`.
    Listed {
        segments: Vec<usize>,
        indices: Vec<usize>,
    },
}

/// Where a leaf's path leads.
struct Paths {
    levels: Vec<Level>,
    /// For each level: the axis it moves along, and by how much.
    steps: Vec<(usize, usize)>,
    shape: Vec<usize>,
}

/// The dense tensor of `shape` whose kept values are `stored`.
pub(super) fn densify(
    sparsity: &Table<'_>,
    shape: &[usize],
    stored: &Constant,
    name: &str,
) -> Result<Constant, NetError> {
    let wrong = || corrupt(format!("the sparse tensor {name:?} is damaged"));
    let paths = Paths::read(sparsity, shape)?.ok_or_else(wrong)?;
    let places = paths.places().ok_or_else(wrong)?;
    let values = shape.iter().product();
    match stored {
        Constant::F32(stored) => scatter(&places, stored, values).map(Constant::F32),
        Constant::F16(stored) => scatter(&places, stored, values).map(Constant::F16),
    }
    .ok_or_else(wrong)
}

fn scatter<T: Default + Copy>(places: &[usize], stored: &[T], values: usize) -> Option<std::sync::Arc<[T]>> {
    if places.len() != stored.len() {
        return None;
    }
    let mut dense = vec![T::default(); values];
    for (&place, &value) in places.iter().zip(stored) {
        dense[place] = value;
    }
    Some(dense.into())
}

impl Paths {
    fn read(sparsity: &Table<'_>, shape: &[usize]) -> Result<Option<Self>, NetError> {
        let index = |value: i32| usize::try_from(value).ok();
        let order: Option<Vec<usize>> = sparsity.ints(0)?.into_iter().map(index).collect();
        let block_map: Option<Vec<usize>> = sparsity.ints(1)?.into_iter().map(index).collect();
        let (Some(order), Some(block_map)) = (order, block_map) else { return Ok(None) };
        let metadata = sparsity.vector(2, 4)?;
        let mut levels = Vec::new();
        for level in 0..metadata.len() {
            match Level::read(&metadata.table(level)?)? {
                Some(level) => levels.push(level),
                None => return Ok(None),
            }
        }
        Ok(Self::new(levels, &order, &block_map, shape))
    }

    fn new(levels: Vec<Level>, order: &[usize], block_map: &[usize], shape: &[usize]) -> Option<Self> {
        let rank = shape.len();
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let complete = sorted.into_iter().eq(0..rank + block_map.len());
        let ordered = order.iter().take(rank).all(|&axis| axis < rank);
        if !complete || !ordered || levels.len() != order.len() || block_map.iter().any(|&axis| axis >= rank)
        {
            return None;
        }
        // A block level moves by single cells, the level of its axis by whole blocks.
        let mut blocks = vec![1_usize; rank];
        for (level, &position) in levels.iter().zip(order).skip(rank) {
            let Level::Dense(size) = level else { return None };
            let axis = block_map[position - rank];
            blocks[axis] = blocks[axis].checked_mul(*size).filter(|&size| size > 0 && size <= shape[axis])?;
        }
        let steps = order.iter().map(|&position| match position.checked_sub(rank) {
            None => (position, blocks[position]),
            Some(block) => (block_map[block], 1),
        });
        let steps: Vec<_> = steps.collect();
        let bounded = levels.iter().zip(&steps).all(|(level, &(axis, _))| match level {
            Level::Dense(size) => *size <= shape[axis],
            Level::Listed { indices, .. } => indices.iter().all(|&index| index < shape[axis]),
        });
        bounded.then(|| Self { levels, steps, shape: shape.to_vec() })
    }

    /// Flat index of each stored value, in the order of storage; `None` where a path leaves the tensor.
    fn places(&self) -> Option<Vec<usize>> {
        // (node of the level above, cell) pairs, level by level.
        let mut front = vec![(0_usize, vec![0_usize; self.shape.len()])];
        let most: usize = self.shape.iter().product();
        for (level, &(axis, by)) in self.levels.iter().zip(&self.steps) {
            let mut next = Vec::new();
            for (node, cell) in &front {
                for (child, index) in level.children(*node)? {
                    let mut cell = cell.clone();
                    cell[axis] += index * by;
                    if cell[axis] >= self.shape[axis] || next.len() >= most {
                        return None;
                    }
                    next.push((child, cell));
                }
            }
            front = next;
        }
        let flat =
            |cell: &[usize]| cell.iter().zip(&self.shape).fold(0, |flat, (&at, &size)| flat * size + at);
        Some(front.iter().map(|(_, cell)| flat(cell)).collect())
    }
}

impl Level {
    fn read(table: &Table<'_>) -> Result<Option<Self>, NetError> {
        if table.i8(0)? == 0 {
            return Ok(usize::try_from(table.i32(1, 0)?).ok().map(Self::Dense));
        }
        let segments = read_indices(table, 2)?;
        let indices = read_indices(table, 4)?;
        Ok(segments.zip(indices).map(|(segments, indices)| Self::Listed { segments, indices }))
    }

    /// (node, index along the level's axis) of the children of `node`.
    fn children(&self, node: usize) -> Option<Box<dyn Iterator<Item = (usize, usize)> + '_>> {
        match self {
            Self::Dense(size) => {
                let first = node.checked_mul(*size)?;
                Some(Box::new((0..*size).map(move |index| (first + index, index))))
            }
            Self::Listed { segments, indices } => {
                let range: Range<usize> = *segments.get(node)?..*segments.get(node.checked_add(1)?)?;
                let first = range.start;
                let listed = indices.get(range)?.iter().enumerate();
                Some(Box::new(listed.map(move |(i, &index)| (first + i, index))))
            }
        }
    }
}

/// A union of vectors of 32, 16 or 8 bits, whose type is field `id`.
fn read_indices(table: &Table<'_>, id: usize) -> Result<Option<Vec<usize>>, NetError> {
    let Some(vector) = table.table(id + 1)? else { return Ok(None) };
    Ok(match table.i8(id)? {
        1 => vector.ints(0)?.into_iter().map(|index| usize::try_from(index).ok()).collect(),
        2 => Some(vector.shorts(0)?),
        3 => Some(vector.bytes(0)?.iter().map(|&index| index.into()).collect()),
        _ => None,
    })
}
