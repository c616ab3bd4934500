using ILGPU;

namespace Graft.Tensors.Gpu;

// A group of threads a row.
public sealed partial class GpuDevice
{
    public override void Softmax(Tensor<float> x, Tensor<float> y, bool log)
    {
        var (rows, columns) = RowsOf(x);
        LaunchGroups(new SoftmaxKernel(ViewOf(x), ViewOf(y), columns, log ? 1 : 0), rows, x, y);
    }

    public override void SoftmaxBackward(Tensor<float> dy, Tensor<float> y, Tensor<float> dx, bool log)
    {
        var (rows, columns) = RowsOf(y);
        LaunchGroups(new SoftmaxBackwardKernel(ViewOf(dy), ViewOf(y), ViewOf(dx), columns, log ? 1 : 0), rows, dy, y, dx);
    }

    private static (int Rows, int Columns) RowsOf(Tensor<float> x)
    {
        int columns = x.Shape[^1];
        return (columns == 0 ? 0 : CountOf(x) / columns, columns);
    }
}

/// <summary>y = e^(x - max) / sum, or its logarithm.</summary>
internal readonly struct SoftmaxKernel(ArrayView<float> x, ArrayView<float> y, int columns, int log) : IGroupKernel
{
    public void Run(int group)
    {
        int row = group * columns;
        var own = new GpuLane(float.NegativeInfinity);
        for (int column = Group.IdxX; column < columns; column += Group.DimX) own = GpuLane.Max(own, new GpuLane(x[row + column]));
        var largest = GroupSums.All<MaximumOf>(own);
        own = new GpuLane(0f);
        for (int column = Group.IdxX; column < columns; column += Group.DimX) own += GpuLane.Exp(new GpuLane(x[row + column]) - largest);
        var sum = GroupSums.All<SumOf>(own);
        if (log != 0)
        {
            var logarithm = GpuLane.Log(sum);
            for (int column = Group.IdxX; column < columns; column += Group.DimX)
                y[row + column] = (new GpuLane(x[row + column]) - largest - logarithm).Value;
        }
        else
        {
            for (int column = Group.IdxX; column < columns; column += Group.DimX)
                y[row + column] = (GpuLane.Exp(new GpuLane(x[row + column]) - largest) / sum).Value;
        }
    }
}

/// <summary>dx = y * (dy - sum(dy * y)); of the logarithm, dx = dy - e^y * sum(dy).</summary>
internal readonly struct SoftmaxBackwardKernel(ArrayView<float> dy, ArrayView<float> y, ArrayView<float> dx, int columns, int log) : IGroupKernel
{
    public void Run(int group)
    {
        int row = group * columns;
        float own = 0f;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
            own = log != 0 ? own + dy[row + column] : GpuMath.FusedMultiplyAdd(dy[row + column], y[row + column], own);
        float sum = GroupSums.All<SumOf>(new GpuLane(own)).Value;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
        {
            float output = y[row + column], gradient = dy[row + column];
            dx[row + column] = log != 0
                ? GpuMath.FusedMultiplyAdd(-GpuLane.Exp(new GpuLane(output)).Value, sum, gradient)
                : output * (gradient - sum);
        }
    }
}
