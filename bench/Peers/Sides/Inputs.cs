using Graft.Tensors;

namespace Graft.Peers;

/// <summary>Numbers to compute with: the same in every run.</summary>
internal static class Inputs
{
    public static Tensor<float> Uniform(Device device, string name, Shape shape) =>
        Tensor.From<float>(shape, Uniform(name, shape.ElementCount), device);

    public static float[] Uniform(string name, long count)
    {
        var numbers = new float[count];
        new RandomStream(1, name).FillUniform(numbers, -1f, 1f);
        return numbers;
    }

    /// <summary>Classes in turn, far apart: batches of all sizes have several.</summary>
    public static int[] Labels(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => i * 37 % classes)];

    /// <summary>Token ids from all over the vocabulary, hardly one twice.</summary>
    public static int[] Tokens(int count, int vocabularySize) => [.. Enumerable.Range(0, count).Select(i => (int)((1 + i * 7919L) % vocabularySize))];
}
