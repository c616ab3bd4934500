namespace Graft.Text;

/// <summary>Two tables of vectors, of words that predict and of words that are predicted, and one step of learning.</summary>
/// <param name="words">V.</param>
/// <param name="width">D.</param>
/// <param name="draws">What wrong words are drawn from.</param>
/// <param name="negative">How many of them.</param>
internal sealed class NegativeSampling(int words, int width, WordDraws draws, int negative)
{
    private readonly float[] mean = new float[width];
    private readonly float[] gradient = new float[width];

    /// <summary>[V, D].</summary>
    public float[] Inputs { get; } = new float[checked(words * width)];

    /// <summary>[V, D].</summary>
    public float[] Outputs { get; } = new float[checked(words * width)];

    /// <summary>Moves vectors so that the mean of some predicts a word rather than others that are drawn.</summary>
    public void Learn(ReadOnlySpan<int> inputs, int target, float rate, WordRandom random)
    {
        Span<float> hidden = Input(inputs[0]);
        if (inputs.Length > 1)
        {
            hidden = mean;
            hidden.Clear();
            float share = 1f / inputs.Length;
            foreach (int input in inputs) WordMath.Add(hidden, share, Input(input));
        }
        gradient.AsSpan().Clear();
        Step(hidden, target, 1, rate);
        for (int sample = 0; sample < negative; sample++)
            if (draws.Draw(random) is var drawn && drawn != target) Step(hidden, drawn, 0, rate);
        foreach (int input in inputs) WordMath.Add(Input(input), 1, gradient);
    }

    private void Step(ReadOnlySpan<float> hidden, int word, float label, float rate)
    {
        var output = Outputs.AsSpan(word * width, width);
        float move = (label - WordMath.Sigmoid(WordMath.Dot(hidden, output))) * rate;
        WordMath.Add(gradient, move, output);
        WordMath.Add(output, move, hidden);
    }

    private Span<float> Input(int word) => Inputs.AsSpan(word * width, width);
}
