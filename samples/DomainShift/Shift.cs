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
    private const int Piece = 7, Whole = 28;

    /// <summary>The shifts, from the folder of the data.</summary>
    public static IReadOnlyList<Shift> Read(string data)
    {
        string train = Path.Combine(data, "mnist", "mnist-train-9000.npz"), test = Path.Combine(data, "mnist", "mnist-test-3000.npz");
        string photographs = Path.Combine(data, "cifar10-jpeg");
        var (source, held) = Digits.Handwritten(train).Split(HeldOut, seed: 0);
        var (target, rest) = Digits.Optical(Path.Combine(data, "digits", "digits.csv.gz")).Split(0.5, seed: 0);
        return
        [
            new("handwritten to blended", source, held, Blended(train, "train", Piece, 0), Blended(test, "test", Piece, 1)),
            new("handwritten to busy", source, held, Blended(train, "train", Whole, 0), Blended(test, "test", Whole, 1)),
            new("handwritten to optical", source, held, target, rest),
        ];

        LabelledImages Blended(string digits, string part, int piece, ulong seed) => Digits.Blended(digits, Path.Combine(photographs, part), piece, seed);
    }
}
