using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx.Tests.Export;

/// <summary>Ops and views one at a time, and what is refused.</summary>
public sealed class FormulaExportTests : IDisposable
{
    private readonly ExportFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Ops_have_their_operators()
    {
        Op(default(Relu), "Relu");
        Op(new LeakyRelu(0.1f), "LeakyRelu");
        Op(new Clamp(-1f, 1.5f), "Clip");
        Op(default(Relu6), "Clip");
        Op(default(HardSigmoid), "HardSigmoid");
        Op(default(HardSwish), "HardSwish");
        Op(default(Sigmoid), "Sigmoid");
        Op(default(HyperbolicTangent), "Tanh");
        Op(default(Silu), "Mul", "Sigmoid");
        Op(default(QuickGelu), "Mul", "Sigmoid");
        Op(default(Gelu), "Add", "Div", "Erf", "Mul");
        Op(default(GeluTanh), "Add", "Mul", "Tanh");
        Op(new Elu(1.3f), "Elu");
        Op(default(Softplus), "Softplus");
        Op(default(Mish), "Mul", "Softplus", "Tanh");
        Op(default(Negate), "Neg");
        Op(new Scale(0.7f), "Mul");
        Op(new AddScalar(-1.3f), "Add");
        Op(default(Square), "Mul");
        Op(default(Absolute), "Abs");
        Op(default(Exponential), "Exp");
        Op(new Power(3f), "Mul");
        Op(new Then<Absolute, SquareRoot>(default, default), "Abs", "Sqrt");
        Op(new Then<Square, InverseSquareRoot>(default, new(0.1f)), "Add", "Mul", "Reciprocal", "Sqrt");
        Op(new Then<Exponential, Logarithm>(default, default), "Exp", "Log");
        Op(new Then<Exponential, Reciprocal>(default, default), "Exp", "Reciprocal");
        Op(new Then<AddScalar, Relu>(new(-1f), default), "Add", "Relu");
    }

    [Fact]
    public void An_op_of_ones_own_is_written_in_steps() => Op(new Steep(1.5f), "Add", "Div", "Exp", "Mul");

    [Fact]
    public void Pairs_have_their_operators()
    {
        Pair(default(Add), "Add");
        Pair(new AddScaled(0.3f), "Add", "Mul");
        Pair(default(Subtract), "Sub");
        Pair(default(Multiply), "Mul");
        Pair(default(Divide), "Div");
        Pair(default(Maximum), "Max");
        Pair(default(Minimum), "Min");
        Pair(new Lerp(0.2f), "Add", "Mul", "Sub");
    }

    [Fact]
    public void Views_are_slices_transposes_and_reshapes()
    {
        View(x => x.Permute(0, 2, 3, 1), "Transpose");
        View(x => x.Slice(2, 1, 3), "Slice");
        View(x => x.Slice(3, 0, 3, step: 2), "Slice");
        View(x => x.Slice(1, 1, 1).Reshape([x.Shape[0], 6, 6]));
        View(x => x.Flatten(2).Permute(0, 2, 1), "Reshape", "Transpose");
        View(x => x.Flatten(1), "Reshape");
        View(x => x.Flatten(0, 1), "Reshape");
        View(x => x.Pad(2, 1, 2), "Pad");
        View(x => x.Pad(2, 1, 0).Pad(3, 0, 1), "Pad");
        View(x => Variable.Concat([x, x * 2f], axis: 1), "Concat", "Mul");
        View(x => Variable.Concat([x.Slice(2, 2, 4), x.Slice(2, 0, 2)], axis: 2), "Concat", "Slice");
        View(x => Variable.Stack([x, x], axis: 1), "Concat", "Unsqueeze");
        // windows of two by two beside each other, and four neighbours as channels, as Swin cuts and joins
        View(x => x.Reshape([x.Shape[0], 4, 3, 2, 3, 2]).Permute(0, 2, 4, 3, 5, 1).Reshape([x.Shape[0] * 9, 4, 4]));
        View(x => Variable.Concat([x.Slice(2, 0, 3, 2).Slice(3, 0, 3, 2), x.Slice(2, 1, 3, 2).Slice(3, 1, 3, 2)], axis: 1), "Concat", "Slice");
        View(x => x.Mean(2, 3));
        View(x => x.Mean([2, 3], keepAxes: true).Expand(x.Shape) - x);
        View(x => x.Max(1));
        View(x => x.Sum(-1), "ReduceSum", "Squeeze");
        View(x => x.Softmax(), "Softmax");
        View(x => x.Softmax(1), "Softmax", "Transpose");
        View(x => x.MatMul(x.Transpose(-1, -2)), "MatMul", "Transpose");
    }

    [Fact]
    public void Pooling_needs_no_rule_for_its_edges()
    {
        View(x => x.MaxPool2d(3, 2, 1), "MaxPool");
        View(x => x.MaxPool2d(Pool2dGeometry.Square(3, 2, ceilMode: true)), "MaxPool");
        View(x => x.AveragePool2d(3, 2, 1), "AveragePool");
        View(x => x.AveragePool2d(Pool2dGeometry.Square(3, 2, 1, ceilMode: true)), "AveragePool", "Pad");
        View(x => x.AveragePool2d(Pool2dGeometry.Square(3, 2, 0, ceilMode: true)), "AveragePool");
        View(x => x.AveragePool2d(Pool2dGeometry.Square(3, 2, 1, ceilMode: true, countIncludePad: false)), "AveragePool");
        View(x => x.AdaptiveAveragePool2d(1, 1), "GlobalAveragePool");
        View(x => x.AdaptiveAveragePool2d(3, 2), "AveragePool");
        View(x => x.AdaptiveAveragePool2d(4, 7), "MatMul", "Transpose");
        View(x => x.AdaptiveMaxPool2d(3, 3), "MaxPool");
    }

    [Fact]
    public void Norms_and_groups_are_exported()
    {
        Layer(new BatchNorm2d(4), "BatchNormalization");
        Layer(new GroupNorm(2, 4));
        Layer(new Sequential(new Conv2d(4, 6, 3, groups: 2), new BatchNorm2d(6), new ActivationLayer(Activation.Relu)));
    }

    [Fact]
    public void What_cannot_be_held_is_named_with_its_module()
    {
        var own = Assert.Throws<NotSupportedException>(() => OnnxExport.Write(new Network(new Layers(static x => Reduced<Alternating>(x))), [1, 4, 6, 6], folder.File("model.onnx")));
        Assert.Contains("Alternating", own.Message);
        Assert.EndsWith("(in layer)", own.Message);
        var training = Assert.Throws<NotSupportedException>(() => OnnxExport.Write(
            new Network(new Layers(static x =>
            {
                x.Pass.Device.Dropout(DropoutMask.None, x.Value, x.Pass.RentLike(x.Value));
                return x;
            })), [1, 4, 6, 6], folder.File("model.onnx")));
        Assert.Contains("Dropout", training.Message);
        Assert.EndsWith("(in layer)", training.Message);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void What_does_not_follow_from_the_batch_is_fixed_and_said()
    {
        var model = new Network(new Layers(static x => x * (1f + x.Shape[0])));
        var report = OnnxExport.Write(model, [3, 4, 6, 6], folder.File("model.onnx"));
        Assert.Contains("the batch is fixed at 3", Assert.Single(report.Notes));
        Assert.Equal("pixel_values [3, 4, 6, 6]", Assert.Single(report.Inputs));
        ExportFolder.Compare(model, [3, 4, 6, 6], folder.File("model.onnx"));
    }

    private static Variable Reduced<TReduction>(Variable x) where TReduction : struct, IReduction
    {
        var y = x.Pass.Rent([x.Shape[0], 4, 6, 1]);
        x.Pass.Device.Reduce<TReduction>(x.Value, y);
        return x.Pass.Constant(y);
    }

    private void Op<TOp>(TOp op, params string[] operators) where TOp : unmanaged, IUnaryOp => View(x => x.Map(op), operators);

    private void Pair<TOp>(TOp op, params string[] operators) where TOp : unmanaged, IBinaryOp =>
        View(x => x.Zip(x.Slice(1, 2, 1), op), [.. operators.Append("Slice").Order(StringComparer.Ordinal)]);

    private void View(Func<Variable, Variable> compute, params string[] operators) => Layer(new Layers(compute), operators);

    private void Layer(Layer layer, params string[] operators)
    {
        using var model = new Network(layer);
        var report = folder.Check(model, [3, 4, 6, 6], tolerance: 1e-5);
        Assert.Empty(report.Notes);
        if (operators.Length > 0) Assert.Equal(operators, report.Operators.Keys.Except(["Identity"]));
    }

    private sealed class Layers(Func<Variable, Variable> compute) : Layer
    {
        protected override Variable Compute(Variable x) => compute(x);
    }

    private sealed class Network : ImageModel
    {
        public Network(Layer layer) : base("network")
        {
            AddStage("layer", layer);
            // the last stage, behind a pooling that leaves all as it is
            AddStage("head", new Scaled());
        }

        protected override Variable Pool(Variable map) => map;
    }

    /// <summary>A parameter for models that need none.</summary>
    private sealed class Scaled : Layer
    {
        private readonly Parameter unused;

        public Scaled() => unused = AddParameter("unused", [1], Initialiser.Ones);

        protected override Variable Compute(Variable x)
        {
            _ = x.Pass.Of(unused);
            return x;
        }
    }

    private readonly struct Steep(float steepness) : IUnaryOp
    {
        public static Saves Saves => Saves.Input;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> => x / (S.Splat(1f) + S.Exp(x * S.Splat(-steepness)));

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => y;
    }

    private readonly struct Alternating : IReduction
    {
        public static float Identity => 0f;

        public static S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S> => x - running;

        public static S Combine<S>(S left, S right) where S : unmanaged, ILane<S> => right - left;
    }
}
