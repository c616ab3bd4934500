using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.OwnNetwork;

/// <summary>A layer of one's own: squeeze-and-excitation (Hu et al. 2018). Each channel is multiplied by a number from 0 to 1 that
/// follows from the means of all channels. [N, C, H, W] to [N, C, H, W].</summary>
internal sealed class ChannelGate : Layer
{
    private readonly Linear squeeze;
    private readonly Linear excite;

    public ChannelGate(int channels, int squeezed)
    {
        squeeze = Add("squeeze", new Linear(channels, squeezed));
        excite = Add("excite", new Linear(squeezed, channels));
    }

    protected override Variable Compute(Variable x)
    {
        int images = x.Shape[0], channels = x.Shape[1];
        var gate = excite.Forward(squeeze.Forward(x.Mean(2, 3), Activation.Relu)).Sigmoid();
        return x * gate.Reshape([images, channels, 1, 1]);
    }
}
