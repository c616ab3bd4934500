using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Pooling: over planes and sequences by our own kernels where their windows allow it, else by hand.</summary>
internal static class PoolingOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        new Operator("MaxPool", MaxPool),
        Operator.Of("AveragePool", AveragePool),
        Operator.Of("LpPool", LpPool),
        Operator.OfFloats("GlobalAveragePool", static node => node.Variable(0).Mean(Plane(node), keepAxes: true)),
        Operator.OfFloats("GlobalMaxPool", static node => node.Variable(0).Max(Plane(node), keepAxes: true)),
    ];

    private static int[] Plane(NodeContext node) => [.. Enumerable.Range(2, Math.Max(0, node.Dims(0).Length - 2))];

    private static Value?[] MaxPool(NodeContext node)
    {
        var x = node.Tensor(0);
        var windows = Windows.Of(node.Attributes, null, x.Dims.AsSpan(2));
        bool ceil = node.Attributes.Flag("ceil_mode");
        if (x is DeviceValue device && !node.Wants(1) && Geometry(windows, x, ceil, countsPadding: true) is { } geometry)
            return [new DeviceValue(OnPlane(device.Variable, variable => variable.MaxPool2d(geometry)))];
        int[] outputs = [.. x.Dims[..2], .. windows.Outputs(x.Dims.AsSpan(2), ceil)];
        var host = node.Host(0);
        int[][] rows = WindowRows(x.Dims, windows, outputs);
        int[] best = Array.ConvertAll(rows, row =>
        {
            int found = -1;
            foreach (int at in row)
                if (at >= 0 && (found < 0 || host.GetDouble(at) > host.GetDouble(found))) found = at;
            return found;
        });
        var largest = Selection.Pick(x, best, outputs);
        if (!node.Wants(1)) return [largest];
        bool isByColumn = node.Attributes.Flag("storage_order");
        return [largest, Elements.Int64.FromIntegers(outputs, at => isByColumn ? ByColumn(best[at], x.Dims) : best[at])];
    }

    /// <summary>A place in a plane that is counted column by column.</summary>
    private static int ByColumn(int at, int[] dims)
    {
        int height = dims[^2], width = dims[^1], plane = height * width;
        return at / plane * plane + at % width * height + at / width % height;
    }

    private static TensorValue AveragePool(NodeContext node)
    {
        var x = node.Tensor(0);
        var windows = Windows.Of(node.Attributes, null, x.Dims.AsSpan(2));
        bool ceil = node.Attributes.Flag("ceil_mode"), counts = node.Attributes.Flag("count_include_pad");
        if (x is DeviceValue device && Geometry(windows, x, ceil, counts) is { } geometry)
            return new DeviceValue(OnPlane(device.Variable, variable => variable.AveragePool2d(geometry)));
        return ByHand(node, windows, ceil, (row, inside) => row.Sum() / Math.Max(1, counts ? inside : row.Length));
    }

    private static TensorValue LpPool(NodeContext node)
    {
        double power = node.Attributes.Int("p", 2);
        var windows = Windows.Of(node.Attributes, null, node.Dims(0).AsSpan(2));
        return ByHand(node, windows, node.Attributes.Flag("ceil_mode"), (row, _) => Math.Pow(row.Sum(x => Math.Pow(Math.Abs(x), power)), 1 / power));
    }

    /// <summary>What becomes of each window, given its elements and how many of its places are within the padded input.</summary>
    private static TensorValue ByHand(NodeContext node, Windows windows, bool ceil, Func<double[], int, double> combine)
    {
        var x = node.Host(0);
        if (node.Tensor(0) is DeviceValue device) HostMath.RequireNoGradient("a pooling of such windows", device.Variable);
        int[] outputs = [.. x.Dims[..2], .. windows.Outputs(x.Dims.AsSpan(2), ceil)];
        int[][] rows = WindowRows(x.Dims, windows, outputs);
        var result = x.Element.FromDoubles(outputs, at => combine([.. rows[at].Where(place => place >= 0).Select(x.GetDouble)], rows[at].Count(place => place >= -1)));
        return result.Element == Elements.Single && node.IsOnDevice(0) ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;
    }

    /// <summary>The places of each window: -1 in the padding, -2 beyond it.</summary>
    private static int[][] WindowRows(int[] dims, Windows windows, int[] outputs)
    {
        int axes = windows.Kernel.Length;
        var strides = Dimensions.Strides(dims);
        var outputStrides = Dimensions.Strides(outputs);
        var kernelStrides = Dimensions.Strides(windows.Kernel);
        int taps = Dimensions.Count(windows.Kernel);
        var rows = new int[Dimensions.Count(outputs)][];
        for (int at = 0; at < rows.Length; at++)
        {
            int first = at / outputStrides[1] * strides[1];
            rows[at] = new int[taps];
            for (int tap = 0; tap < taps; tap++)
            {
                int place = first;
                for (int axis = 0; axis < axes && place >= -1; axis++)
                {
                    int step = at / outputStrides[axis + 2] % outputs[axis + 2] * windows.Strides[axis] - windows.Before[axis]
                        + tap / kernelStrides[axis] % windows.Kernel[axis] * windows.Dilations[axis];
                    if (step >= dims[axis + 2] + windows.After[axis]) place = -2;
                    else if (step < 0 || step >= dims[axis + 2]) place = -1;
                    else if (place >= 0) place += step * strides[axis + 2];
                }
                rows[at][tap] = place;
            }
        }
        return rows;
    }

    /// <summary>The geometry of our own kernels; null where they have not such windows.</summary>
    private static Pool2dGeometry? Geometry(Windows windows, TensorValue x, bool ceil, bool countsPadding)
    {
        if (windows.Kernel.Length > 2 || windows.Dilations.Any(dilation => dilation != 1)) return null;
        // padding of more than half the window is none of ours, and with ceil_mode uneven padding counts otherwise
        for (int axis = 0; axis < windows.Kernel.Length; axis++)
            if (Math.Max(windows.Before[axis], windows.After[axis]) * 2 > windows.Kernel[axis]) return null;
        bool isEven = windows.Before.AsSpan().SequenceEqual(windows.After);
        if (ceil && !isEven) return null;
        var outputs = windows.Outputs(x.Dims.AsSpan(2), ceil);
        bool isRow = windows.Kernel.Length == 1;
        return isRow
            ? new Pool2dGeometry(1, windows.Kernel[0], 1, windows.Strides[0], 0, windows.Before[0], 0, windows.After[0], ceil, countsPadding)
            : outputs.Contains(0) ? null : new Pool2dGeometry(
                windows.Kernel[0], windows.Kernel[1], windows.Strides[0], windows.Strides[1],
                windows.Before[0], windows.Before[1], windows.After[0], windows.After[1], ceil, countsPadding);
    }

    private static Variable OnPlane(Variable x, Func<Variable, Variable> pool) => x.Shape.Rank == 3 ? pool(x.Unsqueeze(2)).Squeeze(2) : pool(x);
}
