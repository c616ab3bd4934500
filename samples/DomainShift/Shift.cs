using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Samples.DomainShift;

/// <summary>Two kinds of pictures of the same things.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Source">What labels are learnt of.</param>
/// <param name="Held">Others of the same kind, to estimate errors by.</param>
/// <param name="Target">What the network is adapted to, without labels.</param>
/// <param name="Test">What it is tested with.</param>
internal sealed record Shift(string Name, LabelledImages Source, LabelledImages Held, LabelledImages Target, LabelledImages Test)
{
    private const double HeldOut = 0.1;
    private const int Piece = 7, Whole = 28, Quality = 8;

    /// <summary>The published weights of the network that begins; null for the one of digits, from nothing.</summary>
    public string? Weights { get; init; }

    /// <summary>How often everything is learnt, and how fast: what knows photographs already needs less of both.</summary>
    public (int Epochs, double Rate) Pace(int epochs) => Weights is null ? (epochs, 0.02) : ((epochs + 3) / 4, 0.005);

    /// <summary>The network that a run begins with.</summary>
    /// <param name="hasNorms">Whether it has batch norms, where both are there.</param>
    /// <param name="seed">The seed of what is new in it.</param>
    /// <param name="device">Where it computes.</param>
    public ImageClassifier Start(bool hasNorms, ulong seed, Device device) => Weights is null
        ? ImageClassifier.FromScratch(hasNorms ? DigitNetwork.WithNorms : DigitNetwork.Registered, device, seed)
        : ImageClassifier.FromPretrained("cifar-resnet20", Weights, device, seed: seed);

    /// <summary>The shifts, from the folder of the data.</summary>
    public static IReadOnlyList<Shift> Read(string data)
    {
        string train = Path.Combine(data, "mnist", "mnist-train-9000.npz"), test = Path.Combine(data, "mnist", "mnist-test-3000.npz");
        string photographs = Path.Combine(data, "cifar10-jpeg");
        var (source, held) = Digits.Handwritten(train).Split(HeldOut, seed: 0);
        var (sharp, sharpHeld) = LabelledImages.Open(Path.Combine(photographs, "train"), DataUse.Training).Split(0.5, seed: 0);
        var (known, knownHeld) = sharp.Split(HeldOut, seed: 1);
        var (target, rest) = Digits.Optical(Path.Combine(data, "digits", "digits.csv.gz")).Split(0.5, seed: 0);
        return
        [
            new("handwritten to blended", source, held, Blended(train, "train", Piece, 0), Blended(test, "test", Piece, 1)),
            new("handwritten to busy", source, held, Blended(train, "train", Whole, 0), Blended(test, "test", Whole, 1)),
            new("handwritten to optical", source, held, target, rest),
            new("photographs to squeezed", known, knownHeld, Squeezed.Of(sharpHeld, Quality), Squeezed.Of(LabelledImages.Open(Path.Combine(photographs, "test")), Quality))
            {
                Weights = Directory.EnumerateFiles(Path.Combine(data, "cifar-resnet"), "resnet20-*").Single(),
            },
        ];

        LabelledImages Blended(string digits, string part, int piece, ulong seed) => Digits.Blended(digits, Path.Combine(photographs, part), piece, seed);
    }
}
