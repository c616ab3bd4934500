using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The largest or the mean of each window of a plane.</summary>
internal static class Pooling
{
    public static Variable Max(Variable x, Pool2dGeometry geometry)
    {
        var shape = OutputShape(x.Shape, geometry, "max_pool2d");
        var pass = x.Pass;
        var y = pass.Rent(shape, MemoryFormat.ChannelsLast);
        var indices = x.NeedsGradient ? pass.Rent<int>(shape, MemoryFormat.ChannelsLast) : null;
        pass.Device.MaxPool2d(geometry, pass.ChannelsLast(x.Value), y, indices);
        return indices is null ? pass.Untracked(y) : pass.Record(y, new MaxNode(x, indices, geometry));
    }

    /// <summary>The largest of each of the windows into which the plane falls (PyTorch's <c>adaptive_max_pool2d</c>).</summary>
    public static Variable AdaptiveMax(Variable x, int outputHeight, int outputWidth) =>
        Max(x, Adaptive(outputHeight, outputWidth, "adaptive_max_pool2d"));

    /// <summary>The mean of each of the windows into which the plane falls (PyTorch's <c>adaptive_avg_pool2d</c>).</summary>
    public static Variable AdaptiveAverage(Variable x, int outputHeight, int outputWidth) =>
        Average(x, Adaptive(outputHeight, outputWidth, "adaptive_avg_pool2d"));

    public static Variable Average(Variable x, Pool2dGeometry geometry)
    {
        var y = x.Pass.Rent(OutputShape(x.Shape, geometry, "avg_pool2d"), MemoryFormat.ChannelsLast);
        x.Pass.Device.AveragePool2d(geometry, x.Pass.ChannelsLast(x.Value), y);
        return x.NeedsGradient ? x.Pass.Record(y, new AverageNode(x, geometry)) : x.Pass.Untracked(y);
    }

    private static Pool2dGeometry Adaptive(int outputHeight, int outputWidth, string operation)
    {
        if (outputHeight < 1 || outputWidth < 1)
            ShapeException.Throw(operation, $"output [{outputHeight}, {outputWidth}]", "the output needs at least one row and one column");
        return Pool2dGeometry.Adaptive(outputHeight, outputWidth);
    }

    private static Shape OutputShape(Shape x, Pool2dGeometry geometry, string operation)
    {
        if (x.Rank != 4) ShapeException.Throw(operation, $"input {x}", "the input has to be [N, C, H, W]");
        if (geometry.IsAdaptive && x[2] * x[3] == 0) ShapeException.Throw(operation, $"input {x}", "the input needs at least one row and one column");
        int padHeight = Math.Max(geometry.PadTop, geometry.PadBottom), padWidth = Math.Max(geometry.PadLeft, geometry.PadRight);
        if (padHeight * 2 > geometry.KernelHeight || padWidth * 2 > geometry.KernelWidth)
            ShapeException.Throw(operation, $"window [{geometry.KernelHeight}, {geometry.KernelWidth}]", "the padding may be at most half the window");
        int height = geometry.OutputHeight(x[2]), width = geometry.OutputWidth(x[3]);
        if (height <= 0 || width <= 0)
            ShapeException.Throw(operation, $"input {x}", $"the window [{geometry.KernelHeight}, {geometry.KernelWidth}] is larger than the padded input");
        return [x[0], x[1], height, width];
    }

    private sealed class MaxNode : Node
    {
        private readonly int input;
        private readonly Shape shape;
        private readonly Tensor<int> indices;
        private readonly Pool2dGeometry geometry;

        public MaxNode(Variable x, Tensor<int> indices, Pool2dGeometry geometry)
        {
            (input, shape, this.geometry) = (x.Slot, x.Shape, geometry);
            this.indices = Save(indices);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(shape, MemoryFormat.ChannelsLast);
            run.Device.MaxPool2dBackward(geometry, run.ChannelsLast(dy), indices, dx);
            run.Add(input, dx);
        }
    }

    private sealed class AverageNode(Variable x, Pool2dGeometry geometry) : Node
    {
        private readonly int input = x.Slot;
        private readonly Shape shape = x.Shape;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(shape, MemoryFormat.ChannelsLast);
            run.Device.AveragePool2dBackward(geometry, run.ChannelsLast(dy), dx);
            run.Add(input, dx);
        }
    }
}
