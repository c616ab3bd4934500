using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Conv2d, forward and both backwards.</summary>
public sealed class Conv2dTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static IEnumerable<ReferenceConv2d> Cases => Tiny ? Conv2dCases.Tiny : Conv2dCases.Full;

    [Fact]
    public void Forward_agrees_with_the_definition() => Each(Cases, item => Forward(item, default(NoEpilogue), Layout.Contiguous));

    [Fact]
    public void Forward_reads_a_strided_weight()
    {
        var cases = from item in Conv2dCases.Tiny
                    from layout in Enum.GetValues<Layout>()
                    select (item, layout);
        Each(cases, pair => Forward(pair.item, default(NoEpilogue), pair.layout));
    }

    [Fact]
    public void Forward_with_every_epilogue()
    {
        Each(Tiny ? Conv2dCases.Tiny : Conv2dCases.Full.Where((_, i) => i % 3 == 0), item =>
        {
            Forward(item, default(AddBias), Layout.Contiguous);
            Forward(item, default(AddResidual), Layout.Contiguous);
            Forward(item, default(BiasThen<Relu>), Layout.Contiguous);
            Forward(item, default(BiasThen<Gelu>), Layout.Contiguous);
            Forward(item, default(BiasResidualThen<Relu>), Layout.Contiguous);
            Forward(item, default(ScaleBiasThen<Identity>), Layout.Contiguous);
            Forward(item, default(ScaleBiasThen<Relu>), Layout.Contiguous);
            Forward(item, default(ScaleBiasResidualThen<Relu>), Layout.Contiguous);
        });
    }

    [Fact]
    public void Residual_may_be_the_output_itself() => Each(
        Tiny ? Conv2dCases.Tiny : Conv2dCases.Full.Where((_, i) => i % 3 == 1),
        item => Forward(item, default(ScaleBiasResidualThen<Relu>), Layout.Contiguous, overwritesResidual: true));

    [Fact]
    public void Backward_input_agrees_with_the_definition() => Each(Cases, item => BackwardInput(item, Layout.Contiguous));

    [Fact]
    public void Backward_input_reads_a_strided_weight()
    {
        var cases = from item in Conv2dCases.Tiny
                    from layout in Enum.GetValues<Layout>()
                    select (item, layout);
        Each(cases, pair => BackwardInput(pair.item, pair.layout));
    }

    [Fact]
    public void Backward_weight_agrees_with_the_definition() => Each(Cases, item => BackwardWeight(item, Layout.Contiguous));

    [Fact]
    public void Backward_weight_writes_any_dense_strides()
    {
        var cases = from item in Conv2dCases.Tiny
                    from layout in new[] { Layout.ChannelsLast, Layout.Reversed }
                    select (item, layout);
        Each(cases, pair => BackwardWeight(pair.item, pair.layout));
    }

    private void Forward<TEpilogue>(ReferenceConv2d item, TEpilogue epilogue, Layout weightLayout, bool overwritesResidual = false) where TEpilogue : unmanaged, IEpilogue
    {
        var (x, weight) = (Draw.Uniform("x", item.X.ElementCount), Draw.Uniform("weight", item.Weight.ElementCount));
        var (bias, residual) = (Draw.Uniform("bias", 2 * item.Outputs), Draw.Uniform("residual", item.Y.ElementCount));
        var y = overwritesResidual ? Input(item.Y, residual, Layout.ChannelsLast) : Output(item.Y, Layout.ChannelsLast);
        Device.Conv2d(
            epilogue, item.Geometry, Input(item.X, x, Layout.ChannelsLast).Tensor, Input(item.Weight, weight, weightLayout).Tensor,
            TEpilogue.UsesBias ? Input([item.Outputs], bias.AsSpan(0, item.Outputs).ToArray()).Tensor : null,
            TEpilogue.UsesResidual ? (overwritesResidual ? y : Input(item.Y, residual, Layout.ChannelsLast)).Tensor : null, y.Tensor,
            TEpilogue.UsesScale ? Input([item.Outputs], bias.AsSpan(item.Outputs).ToArray()).Tensor : null);
        int plane = item.OutputHeight * item.OutputWidth;
        var expected = Once($"conv {item}", () => item.Forward(x, weight)).Then(
            (sum, i) => epilogue.Apply(
                new LaneD(sum), new LaneD(bias[item.Outputs + i / plane % item.Outputs]), new LaneD(bias[i / plane % item.Outputs]), new LaneD(residual[i])).Value,
            i => Math.Abs(bias[i / plane % item.Outputs]) + Math.Abs(residual[i]));
        Check.Close(
            $"y {typeof(TEpilogue).Name}", y.Read("y"), expected.Values, expected.Magnitudes,
            Tolerance(item, item.Weight.ElementCount / item.Outputs));
    }

    private void BackwardInput(ReferenceConv2d item, Layout weightLayout)
    {
        var (dy, weight) = (Draw.Uniform("dy", item.Y.ElementCount), Draw.Uniform("weight", item.Weight.ElementCount));
        var dx = Output(item.X, Layout.ChannelsLast);
        Device.Conv2dBackwardInput(
            item.Geometry, Input(item.Y, dy, Layout.ChannelsLast).Tensor, Input(item.Weight, weight, weightLayout).Tensor, dx.Tensor);
        var expected = Once($"conv dx {item}", () => item.BackwardInput(dy, weight));
        Check.Close(
            "dx", dx.Read("dx"), expected.Values, expected.Magnitudes,
            Tolerance(item, item.Outputs / item.Geometry.Groups * item.KernelHeight * item.KernelWidth));
    }

    private void BackwardWeight(ReferenceConv2d item, Layout layout)
    {
        var (dy, x) = (Draw.Uniform("dy", item.Y.ElementCount), Draw.Uniform("x", item.X.ElementCount));
        var dweight = Output(item.Weight, layout);
        Device.Conv2dBackwardWeight(
            item.Geometry, Input(item.X, x, Layout.ChannelsLast).Tensor, Input(item.Y, dy, Layout.ChannelsLast).Tensor, dweight.Tensor);
        var expected = Once($"conv dweight {item}", () => item.BackwardWeight(x, dy));
        Check.Close(
            "dweight", dweight.Read("dweight"), expected.Values, expected.Magnitudes,
            Tolerance(item, (long)item.Images * item.OutputHeight * item.OutputWidth));
    }

    /// <summary>Where windows of 3x3 move by one over large planes of many channels, a device may go by Winograd's filtering, whose terms
    /// are up to some ten times as large as those of the definition; most of that is lost among many terms.</summary>
    private static double Tolerance(ReferenceConv2d item, long terms)
    {
        bool isLarge = item.Channels / item.Geometry.Groups >= 64 && item.Outputs / item.Geometry.Groups >= 64
            && item.Images * item.OutputHeight * item.OutputWidth >= 169;
        bool moves = item is { KernelHeight: 3, KernelWidth: 3, Geometry: { StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 } };
        return (isLarge && moves ? 2 : 1) * Check.SumTolerance(terms);
    }
}
