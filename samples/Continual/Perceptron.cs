using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.Continual;

/// <summary>Two hidden layers of rectified linear units over the pixels of a digit: [N, 784] to [N, 10].</summary>
internal sealed class Perceptron : ImageModel
{
    public const int Digits = 10;
    private const int Width = 256;

    public Perceptron(ulong seed) : base("perceptron")
    {
        Seed = seed;
        AddStage("first", new Sequential(new Linear(PermutedDigits.Pixels, Width), new ActivationLayer(Activation.Relu)));
        AddStage("second", new Sequential(new Linear(Width, Width), new ActivationLayer(Activation.Relu)));
        AddStage("head", new Linear(Width, Digits));
    }

    public override ImageModel Remake(int classes, ulong seed) => new Perceptron(seed);
}
