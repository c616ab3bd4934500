using Graft.Autograd;
using Graft.Models;

namespace Graft.Reinforcement;

/// <summary>Two hidden layers over a few numbers: [N, inputs] to [N, outputs].</summary>
public sealed class VectorNetwork : ImageModel
{
    private readonly int inputs, width;

    /// <summary>Makes a network.</summary>
    /// <param name="inputs">How many numbers are seen.</param>
    /// <param name="outputs">How many it gives: actions, and one more for the value where there is one.</param>
    /// <param name="width">The hidden layers' width.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public VectorNetwork(int inputs, int outputs, int width = 128, ulong seed = 0) : base("vector-network")
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        (this.inputs, this.width, Seed) = (inputs, width, seed);
        AddStage("hidden1", new Sequential(new Linear(inputs, width), new ActivationLayer(Activation.Relu)));
        AddStage("hidden2", new Sequential(new Linear(width, width), new ActivationLayer(Activation.Relu)));
        AddStage("head", new Linear(width, outputs));
    }

    /// <inheritdoc/>
    public override ImageModel Remake(int classes, ulong seed) => new VectorNetwork(inputs, classes, width, seed);
}
