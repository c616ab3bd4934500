using Graft.Autograd;
using Graft.Models;

namespace Graft.Reinforcement;

/// <summary>Three convolutions and a linear layer over small pictures: [N, channels, side, side] to [N, outputs], after the network of Mnih et al. 2015 at a smaller size.</summary>
/// <remarks>Its initial values keep the size of what goes through (He et al. 2015): a ball of a few pixels would else hardly be seen in the end.</remarks>
public sealed class PixelNetwork : ImageModel
{
    private const int Reduction = 8, First = 16, Others = 32;

    private readonly int channels, side, width;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">The pictures' channels.</param>
    /// <param name="side">Their height and width, a multiple of 8.</param>
    /// <param name="outputs">How many numbers it gives: actions, and one more for the value where there is one.</param>
    /// <param name="width">The number of features.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public PixelNetwork(int channels, int side, int outputs, int width = 128, ulong seed = 0) : base("pixel-network")
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (side < Reduction || side % Reduction != 0) throw new ArgumentOutOfRangeException(nameof(side), side, $"the side is a multiple of {Reduction}");
        (this.channels, this.side, this.width, Seed) = (channels, side, width, seed);
        AddStage("convolution1", Block(channels, First));
        AddStage("convolution2", Block(First, Others));
        AddStage("convolution3", Block(Others, Others));
        int cells = side / Reduction * (side / Reduction);
        AddStage("features", new Sequential(new Flatten(), new Linear(Others * cells, width, initialiser: Initialiser.KaimingNormal(fanOut: false)), new ActivationLayer(Activation.Relu)));
        AddStage("head", new Linear(width, outputs));
    }

    /// <inheritdoc/>
    public override ImageModel Remake(int classes, ulong seed) => new PixelNetwork(channels, side, classes, width, seed);

    private static Sequential Block(int inputs, int outputs) =>
        new(new Conv2d(inputs, outputs, kernel: 3, stride: 2, padding: 1, initialiser: Initialiser.KaimingNormal(fanOut: false)), new ActivationLayer(Activation.Relu));
}
