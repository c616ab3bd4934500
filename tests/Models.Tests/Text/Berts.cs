using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>A BERT of two small layers, and batches for it.</summary>
internal static class Berts
{
    public static EncoderConfig Small { get; } = new()
    {
        VocabularySize = 30,
        HiddenSize = 16,
        Layers = 2,
        Heads = 4,
        IntermediateSize = 24,
        MaximumPositions = 12,
        Labels = 3,
        InitializerRange = 0.2f,
    };

    public static int[][] Sequences { get; } = [[2, 7, 19, 4, 3], [2, 11, 3], [2, 5, 5, 29, 8, 13, 3]];

    public static TextBatch Padded => TextBatch.Pad(Sequences, paddingToken: 0, [[0, 0, 0, 1, 1], [0, 0, 1], [0, 0, 0, 0, 1, 1, 1]]);

    public static TextBatch Alone(int sequence)
    {
        int length = Sequences[sequence].Length;
        return new TextBatch(1, length, Sequences[sequence], Padded.TokenTypes!.AsSpan(sequence * Padded.Length, length).ToArray());
    }

    public static float Loss(TextModel model, Pass pass, TextTargets targets) => model.Loss(model.Forward(pass, Padded), targets).Value.ToArray()[0];

    public static float[] Logits(TextModel model, Device device, TextBatch? batch = null)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, batch ?? Padded)["logits"].Value.ToArray();
    }

    public static double LargestDifference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < actual.Length; i++) largest = Math.Max(largest, Math.Abs((double)actual[i] - expected[i]));
        return largest;
    }
}
