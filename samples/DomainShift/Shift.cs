using Graft.Tasks;

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

    /// <summary>The shifts, from the folder of the data.</summary>
    public static IReadOnlyList<Shift> Read(string data)
    {
        string train = Path.Combine(data, "mnist", "mnist-train-9000.npz"), test = Path.Combine(data, "mnist", "mnist-test-3000.npz");
        string photographs = Path.Combine(data, "cifar10-jpeg");
        var (source, held) = Digits.Handwritten(train).Split(HeldOut, seed: 0);
        var (target, rest) = Digits.Optical(Path.Combine(data, "digits", "digits.csv.gz")).Split(0.5, seed: 0);
        return
        [
            new("handwritten to blended", source, held, Digits.Blended(train, Path.Combine(photographs, "train"), 0), Digits.Blended(test, Path.Combine(photographs, "test"), 1)),
            new("handwritten to optical", source, held, target, rest),
        ];
    }
}
