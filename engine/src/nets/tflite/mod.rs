//! Reads TensorFlow Lite models: any bytes give a [`Graph`] or an error, never a panic.
//!
//! Field numbers are those of the schema's tables
//! (<https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs>).
//! One subgraph, float tensors of fixed shape; integer tensors only where they are an operator's constant
//! parameters (axes, amounts, shapes), which end up in the graph's ops.

mod elementwise;
mod flatbuffer;
mod layout;
mod operator;
mod sparse;
mod windowed;

use std::{collections::HashMap, sync::Arc};

use half::f16;

use super::{
    Graph, NetError,
    graph::{Constant, MAX_RANK, MAX_VALUES, Op, TensorId},
};
use flatbuffer::{Table, Vector};
use operator::Operator;

/// Tensor types, as the schema numbers them.
const FLOAT32: i8 = 0;
const FLOAT16: i8 = 1;
const INT32: i8 = 2;
const INT64: i8 = 4;

/// Constants may decode to so many times the file's size: f16 and sparse weights grow, and tensors may share bytes.
const MAX_GROWTH: usize = 16;

impl Graph {
    /// Reads a `.tflite` file.
    ///
    /// # Errors
    /// [`NetError::Corrupt`], [`NetError::Unsupported`] and [`NetError::Misfit`].
    pub fn from_tflite(bytes: &[u8]) -> Result<Self, NetError> {
        if bytes.get(4..8) != Some(b"TFL3") {
            return Err(corrupt("it does not start like one"));
        }
        let model = Table::root(bytes)?;
        let subgraphs = model.vector(2, 4)?;
        if subgraphs.len() != 1 {
            return Err(corrupt(format!("it has {} subgraphs instead of one", subgraphs.len())));
        }
        let subgraph = subgraphs.table(0)?;
        let mut importer = Importer::new(bytes.len(), &model, &subgraph)?;
        importer.declare_inputs(&subgraph)?;
        let (codes, operators) = (model.vector(1, 4)?, subgraph.vector(3, 4)?);
        for index in 0..operators.len() {
            let operator = Operator::read(&operators.table(index)?, &codes)?;
            operator.import(&mut importer)?;
        }
        importer.finish(&subgraph)
    }
}

fn corrupt(what: impl Into<String>) -> NetError {
    NetError::Corrupt(what.into())
}

/// The graph being made. Tensors of the file keep their index; those that importing adds come after.
struct Importer<'a> {
    graph: Graph,
    tensors: Vector<'a>,
    buffers: Vector<'a>,
    /// Type of each tensor of the file.
    types: Vec<i8>,
    /// Whether the tensor has a value by now.
    defined: Vec<bool>,
    /// Bytes that constants may still decode to.
    budget: usize,
    decoded: HashMap<(usize, i8), Constant>,
}

impl<'a> Importer<'a> {
    fn new(file_len: usize, model: &Table<'a>, subgraph: &Table<'a>) -> Result<Self, NetError> {
        let mut importer = Self {
            graph: Graph::default(),
            tensors: subgraph.vector(0, 4)?,
            buffers: model.vector(4, 4)?,
            types: Vec::new(),
            defined: Vec::new(),
            budget: file_len.saturating_mul(MAX_GROWTH),
            decoded: HashMap::new(),
        };
        for index in 0..importer.tensors.len() {
            importer.declare(index)?;
        }
        Ok(importer)
    }

    fn declare(&mut self, index: usize) -> Result<(), NetError> {
        let table = self.tensors.table(index)?;
        let (name, kind) = (table.string(3)?, table.i8(1)?);
        let mut shape = Vec::new();
        for size in table.ints(0)? {
            let size = usize::try_from(size).ok().filter(|&size| size <= MAX_VALUES);
            shape.push(size.ok_or_else(|| corrupt(format!("tensor {name:?} has an impossible shape")))?);
        }
        if shape.len() > MAX_RANK {
            return Err(corrupt(format!("tensor {name:?} has more than {MAX_RANK} axes")));
        }
        let constant = match kind {
            FLOAT32 | FLOAT16 => self.constant(&table, &name, kind, &shape)?,
            _ => None,
        };
        self.types.push(kind);
        self.defined.push(constant.is_some());
        self.graph.tensor(&name, shape, constant);
        Ok(())
    }

    /// A tensor's bytes in the file; empty where it has none.
    fn raw(&self, table: &Table<'a>) -> Result<&'a [u8], NetError> {
        self.buffers.table(table.u32(2)? as usize)?.bytes(0)
    }

    fn constant(
        &mut self,
        table: &Table<'a>,
        name: &str,
        kind: i8,
        shape: &[usize],
    ) -> Result<Option<Constant>, NetError> {
        let (raw, buffer) = (self.raw(table)?, table.u32(2)? as usize);
        if raw.is_empty() {
            return Ok(None);
        }
        let values = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let values = values.filter(|&values| values <= MAX_VALUES);
        let values = values.ok_or_else(|| corrupt(format!("tensor {name:?} has an impossible shape")))?;
        if let Some(sparsity) = table.table(6)? {
            self.spend(values * 4)?;
            let stored = decode(kind, raw);
            return Ok(Some(sparse::densify(&sparsity, shape, &stored, name)?));
        }
        let width = if kind == FLOAT16 { 2 } else { 4 };
        if raw.len() != values * width {
            let (have, want) = (raw.len(), values * width);
            return Err(corrupt(format!("tensor {name:?} has {have} bytes of data instead of {want}")));
        }
        if let Some(known) = self.decoded.get(&(buffer, kind)) {
            return Ok(Some(known.clone()));
        }
        self.spend(raw.len())?;
        let constant = decode(kind, raw);
        self.decoded.insert((buffer, kind), constant.clone());
        Ok(Some(constant))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), NetError> {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.ok_or_else(|| corrupt("its weights claim to be far larger than the file"))?;
        Ok(())
    }

    fn declare_inputs(&mut self, subgraph: &Table<'a>) -> Result<(), NetError> {
        let mut inputs = Vec::new();
        for index in subgraph.ints(1)? {
            let id = self.tensor_id(index)?;
            self.require_float(id, "INPUT", id)?;
            let tensor = &self.graph.tensors[id];
            let values = tensor.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
            if self.defined[id] || !values.is_some_and(|values| (1..=MAX_VALUES).contains(&values)) {
                return Err(corrupt(format!("tensor {:?} can't be an input", tensor.name)));
            }
            self.defined[id] = true;
            inputs.push(id);
        }
        self.graph.inputs = inputs;
        Ok(())
    }

    fn finish(mut self, subgraph: &Table<'a>) -> Result<Graph, NetError> {
        let mut outputs = Vec::new();
        for index in subgraph.ints(2)? {
            let id = self.tensor_id(index)?;
            if !self.defined[id] {
                let name = &self.graph.tensors[id].name;
                return Err(corrupt(format!("nothing makes its output {name:?}")));
            }
            outputs.push(id);
        }
        if outputs.is_empty() {
            return Err(corrupt("it has no outputs"));
        }
        self.graph.outputs = outputs;
        Ok(self.graph)
    }

    /// Checks an index of the file.
    fn tensor_id(&self, index: i32) -> Result<TensorId, NetError> {
        let id = usize::try_from(index).ok().filter(|&id| id < self.types.len());
        id.ok_or_else(|| corrupt(format!("it refers to tensor {index} of {}", self.types.len())))
    }

    fn require_float(&self, id: TensorId, operator: &str, output: TensorId) -> Result<(), NetError> {
        match self.types.get(id) {
            None | Some(&(FLOAT32 | FLOAT16)) => Ok(()),
            Some(kind) => Err(NetError::Unsupported {
                operator: operator.to_owned(),
                tensor: self.graph.tensors[output].name.clone(),
                reason: format!(
                    "its tensor {:?} holds {} values, only f32 and f16 are",
                    self.graph.tensors[id].name,
                    type_name(*kind)
                ),
            }),
        }
    }

    /// Values of a constant integer tensor.
    fn ints(&self, id: TensorId) -> Result<Vec<i64>, NetError> {
        let name = || &self.graph.tensors[id].name;
        let table = self.tensors.table(id)?;
        let raw = self.raw(&table)?;
        if raw.is_empty() {
            return Err(corrupt(format!("tensor {:?} should be constant and has no data", name())));
        }
        match self.types[id] {
            INT32 => {
                let int = |b: &[u8]| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                Ok(raw.chunks_exact(4).map(int).collect())
            }
            INT64 => {
                let int = |b: &[u8]| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
                Ok(raw.chunks_exact(8).map(int).collect())
            }
            kind => {
                Err(corrupt(format!("tensor {:?} holds {} instead of integers", name(), type_name(kind))))
            }
        }
    }

    fn shape(&self, id: TensorId) -> &[usize] {
        &self.graph.tensors[id].shape
    }
}

fn decode(kind: i8, raw: &[u8]) -> Constant {
    if kind == FLOAT16 {
        let values: Arc<[f16]> = raw.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
        Constant::F16(values)
    } else {
        let values: Arc<[f32]> =
            raw.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Constant::F32(values)
    }
}

fn type_name(kind: i8) -> String {
    let names =
        ["FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64", "INT8"];
    let known = usize::try_from(kind).ok().and_then(|kind| names.get(kind));
    known.map_or_else(|| format!("type {kind}"), |name| (*name).to_owned())
}
