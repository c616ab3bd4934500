using Graft.Tensors;

namespace Graft.Text;

/// <summary>GloVe's two tables of vectors with their biases, and one step of AdaGrad over a pair of words.</summary>
internal sealed class GloveNetwork
{
    private readonly GloveOptions options;
    private readonly int width;

    /// <param name="words">V.</param>
    /// <param name="options">How it learns.</param>
    public GloveNetwork(int words, GloveOptions options)
    {
        this.options = options;
        // a row ends in its bias
        width = options.Dimension + 1;
        Rows = new float[checked(2 * words * width)];
        Squares = new float[Rows.Length];
        new RandomStream(options.Seed, "glove").FillUniform(Rows, -0.5f / options.Dimension, 0.5f / options.Dimension);
        Array.Fill(Squares, 1f);
        Words = words;
    }

    /// <summary>V.</summary>
    public int Words { get; }

    /// <summary>[2 V, D + 1]: words, then the words near them; a vector and its bias each.</summary>
    public float[] Rows { get; }

    /// <summary>[2 V, D + 1]: the sum of each one's squared gradients, and 1.</summary>
    public float[] Squares { get; }

    /// <summary>Moves a pair's product towards the logarithm of how often it occurs.</summary>
    /// <returns>The loss before it.</returns>
    public double Learn(int word, int near, double count)
    {
        Span<float> left = Row(Rows, word), right = Row(Rows, Words + near), squaresLeft = Row(Squares, word), squaresRight = Row(Squares, Words + near);
        int last = width - 1;
        float difference = WordMath.Dot(left[..last], right[..last]) + left[last] + right[last] - (float)Math.Log(count);
        float weight = count > options.FullCount ? 1 : (float)Math.Pow(count / options.FullCount, options.Power);
        float step = options.LearningRate * weight * difference;
        for (int at = 0; at < last; at++)
        {
            float gradientLeft = step * right[at], gradientRight = step * left[at];
            left[at] -= gradientLeft / MathF.Sqrt(squaresLeft[at]);
            right[at] -= gradientRight / MathF.Sqrt(squaresRight[at]);
            squaresLeft[at] += gradientLeft * gradientLeft;
            squaresRight[at] += gradientRight * gradientRight;
        }
        left[last] -= step / MathF.Sqrt(squaresLeft[last]);
        right[last] -= step / MathF.Sqrt(squaresRight[last]);
        squaresLeft[last] += step * step;
        squaresRight[last] += step * step;
        return 0.5 * weight * difference * difference;
    }

    /// <summary>The sum of each word's two vectors [V, D].</summary>
    public float[] Sums()
    {
        var sums = new float[Words * options.Dimension];
        for (int word = 0; word < Words; word++)
        {
            var sum = sums.AsSpan(word * options.Dimension, options.Dimension);
            Row(Rows, word)[..^1].CopyTo(sum);
            WordMath.Add(sum, 1, Row(Rows, Words + word)[..^1]);
        }
        return sums;
    }

    private Span<float> Row(float[] table, int row) => table.AsSpan(row * width, width);
}
