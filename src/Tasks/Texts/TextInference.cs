using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Runs a model over texts without training it.</summary>
internal static class TextInference
{
    /// <summary>How many texts are sorted by length together: what is held in memory of a stream.</summary>
    private const int TextsTogether = 2048;

    /// <summary>The outputs for each text, in order; texts are read as they are needed.</summary>
    /// <exception cref="NonFiniteException">The model makes of a text numbers that are not finite.</exception>
    public static IEnumerable<TextRow> Run(
        TextModel model, Device device, TextPreparation preparation, IEnumerable<TokenisedText> texts, CancellationToken cancellation)
    {
        int before = 0;
        foreach (var together in texts.Chunk(TextsTogether))
        {
            var rows = new TextRow[together.Length];
            foreach (int[] chosen in TextBatchPlan.ByLength([.. together.Select(static text => text.Length)], device))
            {
                cancellation.ThrowIfCancellationRequested();
                Run(model, device, preparation, together, chosen, rows, before);
            }
            foreach (var row in rows) yield return row;
            before += together.Length;
        }
    }

    private static void Run(
        TextModel model, Device device, TextPreparation preparation, TokenisedText[] together, int[] chosen, TextRow[] rows, int before)
    {
        var texts = Array.ConvertAll(chosen, index => together[index]);
        var batch = preparation.Batch(model, texts);
        var frame = new TextFrame(chosen, texts, batch.Length, preparation.Tokeniser.PadsLeft);
        using var pass = Pass.Infer(device);
        var outputs = model.Forward(pass, batch);
        var columns = outputs.Names.Select(name => (Name: name, Values: outputs[name].Value.ToArray())).ToList();
        foreach (var (_, values) in columns)
        {
            int at = values.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (at >= 0)
                throw new NonFiniteException($"text {before + chosen[at / (values.Length / chosen.Length)] + 1}: the network makes of it numbers that are not finite; "
                    + "its weights are damaged or diverged in training");
        }
        for (int row = 0; row < chosen.Length; row++)
            rows[chosen[row]] = new TextRow(texts[row], frame.Start(row), [.. columns.Select(column => (column.Name, Part(column.Values, row, chosen.Length)))]);
    }

    private static ReadOnlyMemory<float> Part(float[] values, int row, int rows)
    {
        int width = values.Length / rows;
        return values.AsMemory(row * width, width);
    }
}

/// <summary>What a model makes of a text.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Start">The place of its first token in the outputs that have one for each place.</param>
/// <param name="Outputs">The outputs by name.</param>
internal sealed record TextRow(TokenisedText Tokens, int Start, IReadOnlyList<(string Name, ReadOnlyMemory<float> Values)> Outputs)
{
    public ReadOnlySpan<float> this[string name] => Outputs.First(output => output.Name == name).Values.Span;
}
