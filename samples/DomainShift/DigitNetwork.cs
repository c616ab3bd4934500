using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.DomainShift;

/// <summary>The network of DANN's digits (Ganin et al. 2016) with its features after the first linear layer: [N, 3, 28, 28] to [N, 10]. With batch norms where a method is about
/// those.</summary>
internal sealed class DigitNetwork : ImageModel
{
    public const string Registered = "digit-network-of-dann", WithNorms = "digit-network-with-norms";

    private const int Width = 100;

    private DigitNetwork(string name, int classes) : base(name)
    {
        bool hasNorms = name == WithNorms;
        AddStage("stem", Block(3, 32, hasNorms));
        AddStage("body", Block(32, 48, hasNorms));
        AddStage("features", new Sequential(new Flatten(), new Linear(48 * 4 * 4, Width), new ActivationLayer(Activation.Relu)));
        AddStage("head", new Linear(Width, classes));
    }

    public static void Register()
    {
        foreach (string registered in new[] { Registered, WithNorms })
        {
            ModelRegistry.Register(registered, new ModelRegistration(
                new PretrainedInfo(
                    new ImagePreprocessing
                    {
                        ResizeTo = new ImageSize(28, 28),
                        Mean = new RgbValues(0.5f, 0.5f, 0.5f),
                        StandardDeviation = new RgbValues(0.5f, 0.5f, 0.5f),
                    },
                    10),
                static (name, classes, seed) => new DigitNetwork(name, classes) { Seed = seed }));
        }
    }

    /// <summary>The last stage gives features already.</summary>
    protected override Variable Pool(Variable map) => map;

    private static Sequential Block(int inputs, int outputs, bool hasNorms) => new(
        [new Conv2d(inputs, outputs, kernel: 5), .. hasNorms ? [new BatchNorm2d(outputs)] : Array.Empty<Layer>(), new ActivationLayer(Activation.Relu), new MaxPool2d(2)]);
}
