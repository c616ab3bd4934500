using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The steps of an encoder-decoder: texts are read once, with the keys and values that each layer makes of them; then one token of each row is written
/// at a time. The model has to outlive it.</summary>
/// <example><code>
/// using var step = new EncoderDecoderStep(model, Device.Cpu);
/// step.Read([[71, 9, 1], [12, 1]]);
/// var written = TokenGenerator.Generate(step, step.Starts, new GenerationOptions { MaximumNewTokens = 20, Beams = 4, EndTokens = [1] });
/// </code></example>
public sealed class EncoderDecoderStep : SourceStep
{
    private const int LengthStep = 8;

    private readonly EncoderDecoderModel model;
    private IReadOnlyList<int[]> sources = [];

    /// <summary>Makes the steps of a model; nothing is read yet.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="ArgumentException">The model has no head.</exception>
    public EncoderDecoderStep(EncoderDecoderModel model, Device device) : base(model ?? throw new ArgumentNullException(nameof(model)), device)
    {
        if (model.Head != TextHead.SequenceToSequence) throw new ArgumentException($"{model.Name} has no head and so writes nothing");
        this.model = model;
    }

    /// <summary>What the decoder begins with, for each text that was read: the start token.</summary>
    public IReadOnlyList<int[]> Starts => StartsWith(model.DecoderStartToken);

    private protected override int Sources => sources.Count;

    // one recording serves texts of about a length
    private protected override int SourceLength =>
        Math.Min(model.MostWritten ?? int.MaxValue, Rounded(sources.Max(static text => text.Length), LengthStep));

    /// <summary>Takes the texts that the next search is about, one a prompt.</summary>
    /// <param name="texts">The tokens of each text [N], one or more each, of any lengths.</param>
    /// <exception cref="ArgumentException">There is none, one is empty or too long, or a token is none of the vocabulary.</exception>
    public void Read(IReadOnlyList<int[]> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) throw new ArgumentException($"{model.Name}: there is no text to read");
        int empty = texts.TakeWhile(static text => text.Length > 0).Count();
        if (empty < texts.Count) throw new ArgumentException($"{model.Name}: text {empty} has no token");
        model.Trunk.Encoder.Require(model.Pad(texts));
        sources = texts;
    }

    private protected override Variable Encode(Pass pass, int length, Span<int> lengths)
    {
        var ids = new int[sources.Count * length];
        var counts = new int[ids.Length];
        Array.Fill(ids, model.Sizes.PaddingToken ?? 0);
        for (int text = 0; text < sources.Count; text++)
        {
            sources[text].CopyTo(ids, text * length);
            counts.AsSpan(text * length, lengths[text] = sources[text].Length).Fill(1);
        }
        return model.Trunk.Encode(TextInputs.Of(pass, new TextBatch(sources.Count, length, ids, attentionMask: counts)));
    }
}
