#!/usr/bin/env python3
"""Writes a .tflite net as ncnn's .param and .bin, and checks the result against LiteRT on an input of noise.

    convert.py OUTPUT_FOLDER [--net NAME]

ncnn has no importer for .tflite; this one knows what the shipped nets without blendshapes need. It is kind to ncnn: activations
go into the convolutions where ncnn can do that, padding too, and all outputs are flattened (channels first, as ncnn keeps
them) and joined, so that one submission and one download bring them. Needs: pip install ai-edge-litert ncnn numpy.
"""

import argparse
import os
import sys
import zipfile

import ncnn
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MODELS = os.path.join(ROOT, "models")
TASK = os.path.join(MODELS, "face_landmarker", "face_landmarker.task")
BUNDLED = ["face_detector", "face_landmarks_detector"]
SINGLE = ["face_landmark", "selfie_segmentation", "selfie_segmentation_landscape", "face_detection_full_range"]
NETS = BUNDLED + SINGLE

OPERATORS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
TYPES = {0: np.float32, 1: np.float16, 2: np.int32}
# ncnn's numbers of activations within convolutions.
RELU, SIGMOID, HARD_SWISH = (1, []), (4, []), (6, [1 / 6, 0.5])
ACTIVATIONS = {"RELU": RELU, "LOGISTIC": SIGMOID, "HARD_SWISH": HARD_SWISH}
LAYERS = {"RELU": ("ReLU", ""), "LOGISTIC": ("Sigmoid", ""), "HARD_SWISH": ("HardSwish", f"0={1 / 6} 1=0.5")}


def tflite(name):
    """The bytes of a shipped net."""
    if name in BUNDLED:
        with zipfile.ZipFile(TASK) as task:
            return task.read(f"{name}.tflite")
    with open(os.path.join(MODELS, name, f"{name}.tflite"), "rb") as file:
        return file.read()


def antifaz_name(name):
    """What `antifaz net` calls it."""
    return f"{TASK}#{name}" if name in BUNDLED else os.path.join(MODELS, name, f"{name}.tflite")


def within(activation):
    """Parameters that do `activation` within a layer."""
    number, values = activation
    text = f" 9={number}" if number else ""
    return text + (f" -23310={len(values)},{','.join(map(str, values))}" if values else "")


class Converter:
    def __init__(self, data):
        self.model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
        self.graph = self.model.subgraphs[0]
        self.constants = {}
        self.layers = []  # (type, name, inputs, outputs, parameters)
        self.weights = []
        self.flat = set()  # values that ncnn keeps as one row: all that comes after a global pool
        for index, tensor in enumerate(self.graph.tensors):
            content = self.model.buffers[tensor.buffer].data
            if content is not None and len(content) and tensor.type in TYPES:
                values = np.frombuffer(bytes(content), TYPES[tensor.type])
                shape = [] if tensor.shape is None else tensor.shape
                self.constants[index] = values.reshape(shape)
        self.operators = []
        for operator in self.graph.operators:
            code = self.model.operatorCodes[operator.opcodeIndex]
            name = OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
            if name == "CUSTOM":
                name = code.customCode.decode()
            inputs = [int(index) for index in operator.inputs]
            if name == "DEQUANTIZE" and inputs[0] in self.constants:
                self.constants[int(operator.outputs[0])] = self.constants[inputs[0]].astype(np.float32)
                continue
            self.operators.append((name, inputs, int(operator.outputs[0]), operator.builtinOptions))

    def shape(self, index):
        return [int(size) for size in self.graph.tensors[index].shape]

    def readers(self, index):
        outputs = sum(index == int(output) for output in self.graph.outputs)
        return outputs + sum(inputs.count(index) for _, inputs, _, _ in self.operators)

    def layer(self, kind, inputs, output, parameters=""):
        names = [name if isinstance(name, str) else f"v{name}" for name in inputs]
        output = output if isinstance(output, str) else f"v{output}"
        self.layers.append((kind, f"l{len(self.layers)}", names, [output], parameters))

    def activation(self, operator_index, options):
        """What follows a convolution and can be done within it, and the value that it makes."""
        _, _, output, _ = self.operators[operator_index]
        fused = getattr(options, "fusedActivationFunction", 0) if options else 0
        if fused == schema.ActivationFunctionType.RELU:
            return RELU, output, None
        assert fused == 0, f"activation {fused}"
        if self.readers(output) == 1:
            for index, (name, inputs, to, _) in enumerate(self.operators):
                if name in ACTIVATIONS and inputs == [output]:
                    return ACTIVATIONS[name], to, index
        return (0, []), output, None

    def convert(self, param, binary):
        done = set()
        heads = {}
        for index, (name, inputs, output, options) in enumerate(self.operators):
            if index in done:
                continue
            if name in ("CONV_2D", "DEPTHWISE_CONV_2D", "Convolution2DTransposeBias"):
                made = output
                activation, output, also = self.activation(index, options)
                done.add(also)
                if inputs[0] in self.flat:
                    self.product(inputs, output, activation)
                else:
                    self.convolution(name, inputs, made, output, options, activation)
            elif name == "PAD":
                before, after = self.constants[inputs[1]].reshape(4, 2).T.tolist()
                edges = f"0={before[1]} 1={after[1]} 2={before[2]} 3={after[2]} 7={before[3]} 8={after[3]}"
                self.layer("Padding", inputs[:1], output, f"{edges} 4=0 5=0.0")
            elif name in LAYERS:
                self.layer(LAYERS[name][0], inputs, output, LAYERS[name][1])
                self.flat |= {output} if inputs[0] in self.flat else set()
            elif name == "PRELU":
                slopes = self.constants[inputs[1]].astype(np.float32).ravel()
                self.layer("PReLU", inputs[:1], output, f"0={slopes.size}")
                self.weights.append(slopes)
            elif name in ("ADD", "MUL"):
                assert not any(value in self.constants for value in inputs)
                fused = options.fusedActivationFunction
                assert fused in (0, 1)
                to = f"v{output}_sum" if fused else output
                self.layer("BinaryOp", inputs, to, f"0={0 if name == 'ADD' else 2}")
                if fused:
                    self.layer("ReLU", [to], output)
            elif name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
                kind = 0 if name == "MAX_POOL_2D" else 1
                from_, to = self.shape(inputs[0]), self.shape(output)
                size = [options.filterHeight, options.filterWidth]
                stride = [options.strideH, options.strideW]
                if to[1:3] == [1, 1] and from_[1:3] == size:
                    self.layer("Pooling", inputs, output, f"0={kind} 4=1")
                    self.flat.add(output)
                else:
                    assert all(to[axis + 1] * size[axis] == from_[axis + 1] for axis in (0, 1)) and stride == size
                    self.layer(
                        "Pooling", inputs, output, f"0={kind} 1={size[1]} 11={size[0]} 2={stride[1]} 12={stride[0]} 5=1"
                    )
            elif name == "MEAN":
                assert sorted(self.constants[inputs[1]].tolist()) == [1, 2] and options.keepDims
                self.layer("Pooling", inputs[:1], output, "0=1 4=1")
                self.flat.add(output)
            elif name == "RESIZE_BILINEAR":
                assert options.halfPixelCenters and not options.alignCorners
                (_, high, wide, _), (_, height, width, _) = self.shape(inputs[0]), self.shape(output)
                self.layer("Interp", inputs[:1], output, f"0=2 1={height / high} 2={width / wide} 3={height} 4={width}")
            elif name == "RESHAPE":
                heads[output] = heads.get(inputs[0], [inputs[0]])
            elif name == "CONCATENATION":
                heads[output] = [head for value in inputs for head in heads[value]]
            else:
                sys.exit(f"no {name} here")
        # Outputs: the convolutions that make them, flattened and joined; [output, [shape of each part]].
        order, parts = [], []
        for output in map(int, self.graph.outputs):
            values = heads.get(output, [output])
            order.append([self.shape(value) for value in values])
            for value in values:
                name = f"part{len(parts)}"
                self.layer("Reshape", [value], name, "0=-1")
                parts.append(name)
        if len(parts) > 1:
            self.layer("Concat", parts, "out", "0=0")
        else:
            kind, name, inputs, _, parameters = self.layers[-1]
            self.layers[-1] = (kind, name, inputs, ["out"], parameters)
        self.write(param, binary)
        return order

    def convolution(self, name, inputs, made, output, options, activation):
        weights = self.constants[inputs[1]].astype(np.float32)
        bias = self.constants[inputs[2]].astype(np.float32).ravel()
        from_, to = self.shape(inputs[0]), self.shape(made)
        channels = bias.size
        if name == "Convolution2DTransposeBias":
            _, rows, cols, _ = weights.shape
            stride = [to[1] // from_[1], to[2] // from_[2]]
            assert stride == [rows, cols], "padding"
            packed, dilation, edges, more = weights.transpose(0, 3, 1, 2), [1, 1], [[0, 0], [0, 0]], ""
            kind = "Deconvolution"
        else:
            _, rows, cols, _ = weights.shape
            stride = [options.strideH, options.strideW]
            dilation = [options.dilationHFactor, options.dilationWFactor]
            edges = []
            for axis, size in enumerate((rows, cols)):
                reach = (to[axis + 1] - 1) * stride[axis] + (size - 1) * dilation[axis] + 1
                need = max(reach - from_[axis + 1], 0) if options.padding == schema.Padding.SAME else 0
                edges.append([need // 2, need - need // 2])
            if name == "CONV_2D":
                kind, packed, more = "Convolution", weights.transpose(0, 3, 1, 2), ""
            else:
                assert channels == from_[3], "a multiplier of channels"
                kind, packed, more = "ConvolutionDepthWise", weights.transpose(3, 0, 1, 2), f" 7={channels}"
        (top, bottom), (left, right) = edges
        text = (
            f"0={channels} 1={cols} 11={rows} 2={dilation[1]} 12={dilation[0]} 3={stride[1]} 13={stride[0]} "
            f"4={left} 15={right} 14={top} 16={bottom} 5=1 6={packed.size}{more}"
        )
        self.layer(kind, inputs[:1], output, text + within(activation))
        self.weights += [np.zeros(1, np.float32), np.ascontiguousarray(packed), bias]

    def product(self, inputs, output, activation):
        weights, bias = (self.constants[index].astype(np.float32) for index in inputs[1:3])
        self.layer("InnerProduct", inputs[:1], output, f"0={bias.size} 1=1 2={weights.size}{within(activation)}")
        self.weights += [np.zeros(1, np.float32), np.ascontiguousarray(weights), bias.ravel()]
        self.flat.add(output)

    def write(self, param, binary):
        (source,) = self.graph.inputs
        layers = [("Input", "input", [], [f"v{source}"], "")] + self.layers
        readers = {}
        for _, _, inputs, _, _ in layers:
            for name in inputs:
                readers[name] = readers.get(name, 0) + 1
        lines, seen, blobs = [], {}, 0
        for kind, name, inputs, outputs, parameters in layers:
            inputs = list(inputs)
            for at, value in enumerate(inputs):
                if readers[value] > 1:
                    inputs[at] = f"{value}_{seen.get(value, 0)}"
                    seen[value] = seen.get(value, 0) + 1
            lines.append(" ".join([kind, name, str(len(inputs)), str(len(outputs)), *inputs, *outputs, parameters]))
            blobs += len(outputs)
            for value in outputs:
                if readers.get(value, 0) > 1:
                    copies = [f"{value}_{copy}" for copy in range(readers[value])]
                    lines.append(" ".join(["Split", f"split_{value}", "1", str(len(copies)), value, *copies]))
                    blobs += len(copies)
        lines[0] = lines[0].strip()
        with open(param, "w") as file:
            file.write("7767517\n" + f"{len(lines)} {blobs}\n" + "\n".join(lines) + "\n")
        with open(binary, "wb") as file:
            for values in self.weights:
                file.write(values.tobytes())
        self.input = f"v{source}"


def convert(name, folder):
    """Writes NAME.param and NAME.bin; the path without ending, the name of the input, and the shapes of the parts."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    converter = Converter(tflite(name))
    order = converter.convert(f"{path}.param", f"{path}.bin")
    return path, converter.input, order


def load(path, **options):
    net = ncnn.Net()
    net.opt.use_vulkan_compute = True
    for name, value in options.items():
        setattr(net.opt, name, value)
    assert net.load_param(f"{path}.param") == 0 and net.load_model(f"{path}.bin") == 0
    return net


def run(net, source, image):
    """`image` has channels first. All that comes out, in one row."""
    extractor = net.create_extractor()
    extractor.input(source, image)
    code, out = extractor.extract("out")
    assert code == 0
    return out


def reference(name, image):
    """What LiteRT makes of `image`, which has channels last."""
    net = Interpreter(model_content=tflite(name))
    net.allocate_tensors()
    net.set_tensor(net.get_input_details()[0]["index"], image)
    net.invoke()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(tflite(name), 0))
    # In the order of the graph's outputs.
    found = {detail["index"]: net.get_tensor(detail["index"]) for detail in net.get_output_details()}
    return [found[int(index)] for index in model.subgraphs[0].outputs]


def errors(row, order, expected):
    """Of each output, the largest difference by the largest magnitude."""
    at, found = 0, []
    for shapes, reference_ in zip(order, expected):
        values = []
        for shape in shapes:
            size = int(np.prod(shape))
            part = row[at : at + size]
            at += size
            if len(shape) == 4:
                part = part.reshape(shape[3], shape[1], shape[2]).transpose(1, 2, 0)
            values.append(part.ravel())
        reference_ = reference_.ravel()
        found.append(float(np.max(np.abs(np.concatenate(values) - reference_)) / np.max(np.abs(reference_))))
    assert at == row.size
    return found


def input_shape(name):
    return [int(size) for size in Interpreter(model_content=tflite(name)).get_input_details()[0]["shape"]]


def check(name, path, source, order, **options):
    image = np.random.default_rng(1).random(input_shape(name), dtype=np.float32)
    net = load(path, **options)
    # A copy: ncnn does not keep numpy's memory alive.
    planes = np.ascontiguousarray(image[0].transpose(2, 0, 1))
    row = np.array(run(net, source, ncnn.Mat(planes).clone()))
    return errors(row, order, reference(name, image))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--net", action="append", choices=NETS)
    args = parser.parse_args()
    single = {"use_fp16_storage": False, "use_fp16_packed": False, "use_fp16_arithmetic": False}
    for name in args.net or NETS:
        path, source, order = convert(name, args.folder)
        for label, options in [
            ("CPU f32", {**single, "use_vulkan_compute": False}),
            ("Vulkan f32", single),
            ("Vulkan f16", {}),
        ]:
            found = check(name, path, source, order, **options)
            print(f"{name:32} {label:11} relative errors {' '.join(f'{error:.1e}' for error in found)}", flush=True)


if __name__ == "__main__":
    main()
