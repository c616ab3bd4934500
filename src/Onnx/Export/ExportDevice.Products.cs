using Graft.Tensors;

namespace Graft.Onnx.Export;

// matrix products and convolutions, with what follows them
internal sealed partial class ExportDevice
{
    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c,
        Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        if (IsFolded(c, a, b, bias, residual, scale))
        {
            Home.Gemm(epilogue, Real(a), Real(b), RealOrNull(bias), RealOrNull(residual), Real(c), RealOrNull(scale));
            Computed(c);
            return;
        }
        var formula = Formula.OfEpilogue(epilogue);
        var rows = b.Shape.Rank == 2 && c.IsContiguous ? RowsOf(a) : a.Shape;
        var shape = rows == a.Shape ? c.Shape : rows.With(^1, b.Shape[1]);
        bool isPlain = rows.Rank == 2 && b.Shape.Rank == 2;
        int biased = isPlain ? formula.Find(new FormulaTerm(FormulaKind.Add, Operand(formula, 0), Operand(formula, 2))) : -1;
        var writer = new FormulaWriter(Graph, formula, Leaf);
        if (biased >= 0 && formula.IsReadOnce(Operand(formula, 0))) writer.Set(biased, Product(Read(bias!)));
        Write(c, rows == a.Shape ? ViewLayout.Of(c) : ViewLayout.Contiguous(shape, c.Offset), writer.Write());

        ExportValue Leaf(int operand) => operand switch
        {
            0 => Product(added: null),
            1 => Read(scale!),
            2 => Read(bias!),
            _ => ReadAs(residual!, shape),
        };

        ExportValue Product(ExportValue? added)
        {
            var left = ReadAs(a, rows);
            if (!isPlain) return Graph.Add("MatMul", shape, [left, Read(b)]);
            // a weight [O, K] that is read as its transpose stays as it is published
            bool isTransposed = b.Memory is not ExportMemory && !b.IsContiguous;
            return Graph.Add(
                "Gemm", shape, added is null ? [left, Read(isTransposed ? b.Permute(1, 0) : b)] : [left, Read(isTransposed ? b.Permute(1, 0) : b), added],
                ExportAttribute.Of("transB", isTransposed ? 1L : 0L));
        }
    }

    public override void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y, Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        if (IsFolded(y, x, weight, bias, residual, scale))
        {
            Home.Conv2d(epilogue, geometry, Real(x), Real(weight), RealOrNull(bias), RealOrNull(residual), Real(y), RealOrNull(scale));
            Computed(y);
            return;
        }
        var formula = Formula.OfEpilogue(epilogue);
        var writer = new FormulaWriter(Graph, formula, Leaf);
        int sum = Operand(formula, 0);
        int biased = formula.Find(new FormulaTerm(FormulaKind.Add, sum, Operand(formula, 2)));
        int scaled = formula.Find(new FormulaTerm(FormulaKind.MultiplyAdd, sum, Operand(formula, 1), Operand(formula, 2)));
        if (scaled >= 0 && formula.IsReadOnce(sum) && !Varies(weight) && !Varies(scale) && !Varies(bias)) writer.Set(scaled, Folded());
        else if (biased >= 0 && formula.IsReadOnce(sum)) writer.Set(biased, Convolution(Read(weight), Read(bias!)));
        Write(y, writer.Write());

        ExportValue Leaf(int operand) => operand switch
        {
            0 => Convolution(Read(weight), added: null),
            1 => PerChannel(scale!),
            2 => PerChannel(bias!),
            _ => Read(residual!),
        };

        ExportValue Folded()
        {
            var factors = Real(scale!).ToArray();
            var shifts = new FloatInitialiser(bias!.Shape, Real(bias).ToArray(), ShiftName(weight));
            return Convolution(Scaled(weight, factors), ExportGraph.Constant(shifts));
        }

        ExportValue Convolution(ExportValue filters, ExportValue? added) => Graph.Add(
            "Conv", y.Shape, added is null ? [Read(x), filters] : [Read(x), filters, added],
            ExportAttribute.Of("kernel_shape", weight.Shape[2], weight.Shape[3]),
            ExportAttribute.Of("strides", geometry.StrideHeight, geometry.StrideWidth),
            ExportAttribute.Of("pads", geometry.PadTop, geometry.PadLeft, geometry.PadBottom, geometry.PadRight),
            ExportAttribute.Of("dilations", geometry.DilationHeight, geometry.DilationWidth),
            ExportAttribute.Of("group", (long)geometry.Groups));
    }

    /// <summary>The number of an operand's term, which is there from the beginning.</summary>
    private static int Operand(Formula formula, int number) => formula.Add(new FormulaTerm(FormulaKind.Operand, A: number));

    /// <summary>A value a channel [C] as one that broadcasts over planes: [C, 1, 1].</summary>
    private ExportValue PerChannel(Tensor<float> values) => Graph.Reshape(Read(values), [values.Shape[0], 1, 1]);

    /// <summary>A weight with the factors of its outputs folded in.</summary>
    private ExportValue Scaled(Tensor<float> weight, float[] factors)
    {
        if (Read(weight).Initialiser is ParameterInitialiser parameter) return ExportGraph.Constant(new ScaledInitialiser(parameter, factors));
        float[] numbers = Real(weight).ToArray();
        int row = numbers.Length / Math.Max(1, factors.Length);
        for (int at = 0; at < numbers.Length; at++) numbers[at] *= factors[at / row];
        return ExportGraph.Constant(new FloatInitialiser(weight.Shape, numbers));
    }

    /// <summary>What the file calls the bias that a convolution has of the batch norm behind it.</summary>
    private string? ShiftName(Tensor<float> weight) => parameters.TryGetValue(weight.Memory, out var parameter)
        ? $"{(parameter.Name.EndsWith(".weight", StringComparison.Ordinal) ? parameter.Name[..^".weight".Length] : parameter.Name)}.bias.folded" : null;
}
