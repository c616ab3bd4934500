using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Convolutions: over planes and sequences those of our own, over volumes and transposed ones by hand.</summary>
internal static class ConvolutionOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.OfFloats("Conv", static node => Convolve(node.Variable(0), node.Variable(1), node.VariableOrNull(2), node.Attributes)) with { HasWeights = true },
        Operator.OfFloats("ConvTranspose", Transposed) with { HasWeights = true },
    ];

    /// <summary>The geometry of a window over a plane.</summary>
    public static Conv2dGeometry Geometry(Windows windows, int groups) => new(
        windows.Strides[0], windows.Strides[1], windows.Before[0], windows.Before[1], windows.After[0], windows.After[1],
        windows.Dilations[0], windows.Dilations[1], groups);

    /// <summary>A convolution over any number of axes.</summary>
    public static Variable Convolve(Variable x, Variable weight, Variable? bias, NodeAttributes attributes)
    {
        int axes = weight.Shape.Rank - 2, groups = (int)attributes.Int("group", 1);
        if (x.Shape.Rank != weight.Shape.Rank || axes < 1) ShapeException.Throw("conv", $"input {x.Shape} and weight {weight.Shape}", "both need as many axes, three or more");
        var windows = Windows.Of(attributes, weight.Shape.ToArray()[2..], x.Shape.ToArray().AsSpan(2));
        return Convolve(x, weight, bias, windows, groups);
    }

    private static Variable Convolve(Variable x, Variable weight, Variable? bias, Windows windows, int groups)
    {
        int axes = weight.Shape.Rank - 2;
        if (axes == 2) return x.Conv2d(weight, bias, Geometry(windows, groups));
        if (axes == 1)
        {
            var row = new Windows([1, .. windows.Kernel], [1, .. windows.Strides], [1, .. windows.Dilations], [0, .. windows.Before], [0, .. windows.After]);
            return x.Unsqueeze(2).Conv2d(weight.Unsqueeze(2), bias, Geometry(row, groups)).Squeeze(2);
        }
        return Volumes(x, weight, bias, windows, groups);
    }

    /// <summary>Over volumes: the sum of convolutions over planes, one for each step of the first axis of the kernel.</summary>
    private static Variable Volumes(Variable x, Variable weight, Variable? bias, Windows windows, int groups)
    {
        x = x.Pad(2, windows.Before[0], windows.After[0]);
        int outputs = (x.Shape[2] - windows.Dilations[0] * (windows.Kernel[0] - 1) - 1) / windows.Strides[0] + 1;
        var inner = new Windows(windows.Kernel[1..], windows.Strides[1..], windows.Dilations[1..], windows.Before[1..], windows.After[1..]);
        Variable? sum = null;
        for (int step = 0; step < windows.Kernel[0]; step++)
        {
            // the planes that this step of the kernel meets, as further images of the batch
            var planes = x.Slice(2, step * windows.Dilations[0], outputs, windows.Strides[0]);
            int[] order = [0, 2, 1, .. Enumerable.Range(3, x.Shape.Rank - 3)];
            planes = planes.Permute(order);
            var flat = planes.Reshape(new Shape([planes.Shape[0] * outputs, .. planes.Shape.ToArray()[2..]]));
            var kernel = weight.Slice(2, step, 1).Squeeze(2);
            var part = Convolve(flat, kernel, null, inner, groups);
            sum = sum is null ? part : sum + part;
        }
        var back = sum!.Reshape(new Shape([x.Shape[0], outputs, .. sum.Shape.ToArray()[1..]]));
        back = back.Permute([0, 2, 1, .. Enumerable.Range(3, back.Shape.Rank - 3)]);
        return bias is null ? back : back + bias.Reshape(new Shape([bias.Shape[0], .. Enumerable.Repeat(1, back.Shape.Rank - 2)]));
    }

    /// <summary>A transposed convolution: the input with zeros between its elements, convolved with the kernel turned round.</summary>
    private static Variable Transposed(NodeContext node)
    {
        Variable x = node.Variable(0), weight = node.Variable(1);
        int axes = weight.Shape.Rank - 2, groups = (int)node.Attributes.Int("group", 1);
        int[] kernel = weight.Shape.ToArray()[2..], input = x.Shape.ToArray()[2..];
        int[] strides = Given(node, "strides", 1, axes), dilations = Given(node, "dilations", 1, axes), extra = Given(node, "output_padding", 0, axes);
        int[] pads = node.Attributes.Ints("pads") is { } given ? Array.ConvertAll(given, pad => checked((int)pad)) : new int[2 * axes];
        int[]? wanted = node.Attributes.Ints("output_shape") is { } shape ? Array.ConvertAll(shape, length => checked((int)length))[^axes..] : null;
        string mode = node.Attributes.Text("auto_pad", "NOTSET");
        for (int axis = 0; axis < axes; axis++)
        {
            int reach = dilations[axis] * (kernel[axis] - 1) + 1, full = strides[axis] * (input[axis] - 1) + extra[axis] + reach;
            if (wanted is not null || mode is "SAME_UPPER" or "SAME_LOWER")
            {
                int total = Math.Max(0, full - (wanted?[axis] ?? input[axis] * strides[axis]));
                pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
                pads[axes + axis] = total - pads[axis];
                if (wanted is not null && full < wanted[axis]) extra[axis] += wanted[axis] - full;
            }
            x = Spread(x, axis + 2, strides[axis]);
            int before = reach - 1 - pads[axis], after = reach - 1 - pads[axes + axis] + extra[axis];
            x = x.Pad(axis + 2, Math.Max(0, before), Math.Max(0, after));
            if (before < 0 || after < 0) x = x.Slice(axis + 2, Math.Max(0, -before), x.Shape[axis + 2] - Math.Max(0, -before) - Math.Max(0, -after));
        }
        // [C, O / groups, ...] to [O, C / groups, ...], each window read from its end
        int inputs = weight.Shape[0], each = weight.Shape[1];
        weight = weight.Reshape(new Shape([groups, inputs / groups, each, .. kernel])).Transpose(1, 2).Reshape(new Shape([groups * each, inputs / groups, .. kernel]));
        for (int axis = 0; axis < axes; axis++)
            weight = ((DeviceValue)IndexOperators.Take(new DeviceValue(weight), axis + 2, [.. Enumerable.Range(0, kernel[axis]).Reverse()])).Variable;
        var windows = new Windows(kernel, [.. Enumerable.Repeat(1, axes)], dilations, new int[axes], new int[axes]);
        return Convolve(x, weight, node.VariableOrNull(2), windows, groups);
    }

    /// <summary>Zeros between the elements of an axis.</summary>
    private static Variable Spread(Variable x, int axis, int stride)
    {
        if (stride == 1) return x;
        int length = x.Shape[axis];
        var wide = x.Unsqueeze(axis + 1).Pad(axis + 1, 0, stride - 1);
        return wide.Reshape(x.Shape.With(axis, length * stride)).Slice(axis, 0, (length - 1) * stride + 1);
    }

    private static int[] Given(NodeContext node, string name, int otherwise, int count) =>
        node.Attributes.Ints(name) is { } given ? Array.ConvertAll(given, value => checked((int)value)) : [.. Enumerable.Repeat(otherwise, count)];
}
