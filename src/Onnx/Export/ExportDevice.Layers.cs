using Graft.Tensors;

namespace Graft.Onnx.Export;

// norms, softmax, lookups and pooling
internal sealed partial class ExportDevice
{
    public override void BatchNorm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias,
        Tensor<float>? residual, Tensor<float> y)
    {
        var formula = Formula.OfEpilogue(epilogue);
        int sum = Operand(formula, 0);
        int scaled = formula.Find(new FormulaTerm(FormulaKind.MultiplyAdd, sum, Operand(formula, 1), Operand(formula, 2)));
        if (scaled < 0 || !formula.IsReadOnce(sum))
            Refuse($"a batch norm with the epilogue {typeof(TEpilogue).Name}", "the norm's scale and bias have to come first");
        if (inverseDeviation.Memory is not ExportMemory { Inverse: var (variance, epsilon) })
            throw Refused("a batch norm by the statistics of the batch", "only stored statistics can be exported");
        var writer = new FormulaWriter(Graph, formula, _ => Read(residual!));
        writer.Set(scaled, Graph.Add(
            "BatchNormalization", x.Shape, [Read(x), Read(weight), Read(bias), Read(mean), Read(variance)], ExportAttribute.Of("epsilon", epsilon)));
        Write(y, writer.Write());
    }

    public override void LayerNorm(
        Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float epsilon,
        Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> y)
    {
        var rows = RowsOf(x);
        Write(y, ViewLayout.Contiguous(rows, y.Offset), Graph.Add(
            "LayerNormalization", rows, [ReadAs(x, rows), Read(weight), Read(bias)], ExportAttribute.Of("axis", -1L), ExportAttribute.Of("epsilon", epsilon)));
    }

    public override void Softmax(Tensor<float> x, Tensor<float> y, bool log)
    {
        if (IsFolded(y, x))
        {
            Home.Softmax(Real(x), Real(y), log);
            Computed(y);
            return;
        }
        var rows = RowsOf(x);
        Write(y, ViewLayout.Contiguous(rows, y.Offset), Graph.Add(log ? "LogSoftmax" : "Softmax", rows, [ReadAs(x, rows)], ExportAttribute.Of("axis", -1L)));
    }

    public override void Gather(Tensor<float> table, Tensor<int> indices, Tensor<float> y)
    {
        if (!Varies(table) && !Varies(indices) && !Varies(y))
        {
            Home.Gather(Real(table), Real(indices), Real(y));
            Computed(y);
            return;
        }
        // ids [B, T] that are read as one row stay as they are
        var places = indices.Memory is ExportMemory { Writes: [{ Value: not null } only] } memory && memory.Covers(only.Layout)
            && only.Layout.IsContiguous && memory.Covers(ViewLayout.Of(indices)) ? only.Layout.Shape : indices.Shape;
        var shape = places.Append(table.Shape[1]);
        Write(y, ViewLayout.Contiguous(shape, y.Offset), Graph.Add("Gather", shape, [Read(table), ReadAs(indices, places)], ExportAttribute.Of("axis", 0L)));
    }

    public override void MaxPool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<int>? indices)
    {
        if (geometry.IsAdaptive)
        {
            if (Falling(x.Shape, y.Shape) is not { } window)
                throw Refused($"adaptive max pooling of {x.Shape} to {y.Shape}", "windows of several sizes have no operator: choose an image size that falls into equal windows");
            Write(y, y.Shape[2] == 1 && y.Shape[3] == 1 ? Graph.Add("GlobalMaxPool", y.Shape, [Read(x)]) : Pooled("MaxPool", Read(x), y.Shape, window, []));
            return;
        }
        Write(y, Pooled("MaxPool", Read(x), y.Shape, geometry, PadsOf(geometry, x.Shape, y.Shape)));
    }

    public override void AveragePool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y)
    {
        var value = Read(x);
        if (geometry.IsAdaptive)
        {
            Write(y, AdaptiveAverage(value, y.Shape));
            return;
        }
        long[] pads = PadsOf(geometry, x.Shape, y.Shape);
        bool reachesOver = pads[2] > geometry.PadBottom || pads[3] > geometry.PadRight;
        long[] own = [geometry.PadTop, geometry.PadLeft, geometry.PadBottom, geometry.PadRight];
        if (geometry.CountIncludePad && reachesOver && own.Any(static pad => pad > 0))
        {
            // the geometry's own padding counts and what a last window reaches over does not: zeros first, then windows that count what is there
            var padded = x.Shape.With(2, x.Shape[2] + geometry.PadTop + geometry.PadBottom).With(3, x.Shape[3] + geometry.PadLeft + geometry.PadRight);
            value = Graph.Add("Pad", padded, [value, ExportGraph.Integers(0, 0, own[0], own[1], 0, 0, own[2], own[3]), Graph.Scalar(0f)]);
            pads = [0, 0, pads[2] - own[2], pads[3] - own[3]];
        }
        Write(y, Pooled("AveragePool", value, y.Shape, geometry, pads, ExportAttribute.Of("count_include_pad", geometry.CountIncludePad && !reachesOver ? 1L : 0L)));
    }

    private ExportValue Pooled(string type, ExportValue x, Shape shape, Pool2dGeometry geometry, long[] pads, params Protocol.AttributeProto[] attributes) => Graph.Add(
        type, shape, [x],
        [
            ExportAttribute.Of("kernel_shape", geometry.KernelHeight, geometry.KernelWidth),
            ExportAttribute.Of("strides", geometry.StrideHeight, geometry.StrideWidth),
            ExportAttribute.Of("pads", pads.Length == 0 ? [0, 0, 0, 0] : pads), .. attributes,
        ]);

    /// <summary>Top, left, bottom and right: with <c>ceil_mode</c> as much more below and on the right as the last windows reach over the
    /// edge, so that the file needs no rule for it.</summary>
    private static long[] PadsOf(Pool2dGeometry geometry, Shape x, Shape y)
    {
        long below = (long)(y[2] - 1) * geometry.StrideHeight + geometry.KernelHeight - x[2] - geometry.PadTop;
        long right = (long)(y[3] - 1) * geometry.StrideWidth + geometry.KernelWidth - x[3] - geometry.PadLeft;
        return [geometry.PadTop, geometry.PadLeft, Math.Max(geometry.PadBottom, below), Math.Max(geometry.PadRight, right)];
    }

    /// <summary>The one window of which adaptive pooling consists; null where its windows differ.</summary>
    private static Pool2dGeometry? Falling(Shape x, Shape y)
    {
        if (x[2] % y[2] != 0 || x[3] % y[3] != 0) return null;
        int height = x[2] / y[2], width = x[3] / y[3];
        return new Pool2dGeometry(height, width, height, width, 0, 0, 0, 0);
    }

    /// <summary>Windows of several sizes are a product with the shares of each row in each output row, and with those of each column.</summary>
    private ExportValue AdaptiveAverage(ExportValue x, Shape y)
    {
        if (x.Shape == y) return x;
        if (y[2] == 1 && y[3] == 1) return Graph.Add("GlobalAveragePool", y, [x]);
        if (Falling(x.Shape, y) is { } window) return Pooled("AveragePool", x, y, window, [], ExportAttribute.Of("count_include_pad", 0L));
        var rows = ExportGraph.Constant(new FloatInitialiser([y[2], x.Shape[2]], Shares(x.Shape[2], y[2])));
        var columns = ExportGraph.Constant(new FloatInitialiser([y[3], x.Shape[3]], Shares(x.Shape[3], y[3])));
        var averaged = Graph.Add("MatMul", x.Shape.With(2, y[2]), [rows, x]);
        return Graph.Add("MatMul", y, [averaged, Graph.Transpose(columns, 1, 0)]);
    }

    private static float[] Shares(int length, int outputs)
    {
        var shares = new float[outputs * length];
        for (int output = 0; output < outputs; output++)
        {
            int from = output * length / outputs, to = ((output + 1) * length + outputs - 1) / outputs;
            shares.AsSpan(output * length + from, to - from).Fill(1f / (to - from));
        }
        return shares;
    }
}
