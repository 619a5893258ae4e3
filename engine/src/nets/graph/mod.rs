//! What the model's maker meant: typed operators over tensors of fixed shape.
//!
//! There are few operators: what a format spells in several ways (SAME padding, fused activations, splits,
//! squeezes) is put into one form on import. Shapes are checked when a node is added, so what comes later
//! need not doubt them.

mod op;
mod shape;

use std::sync::Arc;

use half::f16;

use super::{NetError, TensorInfo};

pub use op::{Alignment, Binary, Op, Range, Reduce, Unary, Window};

/// Index of a tensor in its graph.
pub type TensorId = usize;

/// The most values that one tensor may have: beyond any net for one picture, and far below what exhausts memory.
pub const MAX_VALUES: usize = 1 << 26;

/// The most axes that a tensor may have.
pub const MAX_RANK: usize = 8;

/// Values that are part of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Single precision.
    F32(Arc<[f32]>),
    /// Half precision.
    F16(Arc<[f16]>),
}

/// A tensor of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// As its maker named it.
    pub name: String,
    /// Row-major.
    pub shape: Vec<usize>,
    /// Its values, where they are part of the model.
    pub constant: Option<Constant>,
}

/// An operator at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// From what.
    pub inputs: Vec<TensorId>,
    /// Into what.
    pub output: TensorId,
}

/// A net: nodes in an order in which each comes after those that it reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// All tensors.
    pub(super) tensors: Vec<Tensor>,
    /// In order.
    pub(super) nodes: Vec<Node>,
    /// What the caller gives.
    pub(super) inputs: Vec<TensorId>,
    /// What the caller gets.
    pub(super) outputs: Vec<TensorId>,
}

impl Graph {
    /// Adds a tensor that nothing has written yet, or a constant.
    pub fn tensor(&mut self, name: &str, shape: Vec<usize>, constant: Option<Constant>) -> TensorId {
        self.tensors.push(Tensor { name: name.to_owned(), shape, constant });
        self.tensors.len() - 1
    }

    /// Adds a node that writes the existing tensor `output`, whose shape must be what follows from the inputs'.
    ///
    /// # Errors
    /// [`NetError::Misfit`].
    pub fn push(&mut self, op: Op, inputs: Vec<TensorId>, output: TensorId) -> Result<(), NetError> {
        let misfit = |reason: String| NetError::Misfit {
            operator: op.name().to_owned(),
            tensor: self.tensors[output].name.clone(),
            reason,
        };
        let shapes: Vec<&[usize]> = inputs.iter().map(|&id| self.tensors[id].shape.as_slice()).collect();
        let shape = op.output_shape(&shapes).map_err(misfit)?;
        if shape != self.tensors[output].shape {
            let declared = &self.tensors[output].shape;
            return Err(misfit(format!("it makes {shape:?} where the model declares {declared:?}")));
        }
        self.nodes.push(Node { op, inputs, output });
        Ok(())
    }

    /// Adds a node and the tensor that it writes.
    ///
    /// # Errors
    /// [`NetError::Misfit`].
    pub fn append(&mut self, op: Op, inputs: Vec<TensorId>, name: &str) -> Result<TensorId, NetError> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|&id| self.tensors[id].shape.as_slice()).collect();
        let shape = op.output_shape(&shapes).map_err(|reason| NetError::Misfit {
            operator: op.name().to_owned(),
            tensor: name.to_owned(),
            reason,
        })?;
        let output = self.tensor(name, shape, None);
        self.nodes.push(Node { op, inputs, output });
        Ok(output)
    }

    /// Names what the caller gives and gets.
    pub fn set_boundary(&mut self, inputs: Vec<TensorId>, outputs: Vec<TensorId>) {
        self.inputs = inputs;
        self.outputs = outputs;
    }

    /// What the caller gives, in the model's own order.
    pub fn inputs(&self) -> Vec<TensorInfo> {
        self.infos(&self.inputs)
    }

    /// What the caller gets, in the model's own order.
    pub fn outputs(&self) -> Vec<TensorInfo> {
        self.infos(&self.outputs)
    }

    /// The operators, in order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A tensor by its index.
    pub fn get(&self, id: TensorId) -> &Tensor {
        &self.tensors[id]
    }

    fn infos(&self, ids: &[TensorId]) -> Vec<TensorInfo> {
        let info = |&id: &TensorId| TensorInfo {
            name: self.tensors[id].name.clone(),
            shape: self.tensors[id].shape.clone(),
        };
        ids.iter().map(info).collect()
    }
}
