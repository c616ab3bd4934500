namespace Graft.Text.Tokenisers;

/// <summary>A part of what is made of one or two texts: a text, or special tokens.</summary>
/// <param name="Sequence">0 for the first text, 1 for the second, -1 for special tokens.</param>
/// <param name="Type">The token type.</param>
/// <param name="Ids">The special tokens.</param>
internal readonly record struct TemplatePart(int Sequence, int Type, int[] Ids)
{
    public static TemplatePart Text(int sequence, int type) => new(sequence, type, []);

    public static TemplatePart Special(int type, params int[] ids) => new(-1, type, ids);
}

/// <summary>What special tokens stand around one text or two.</summary>
internal sealed class Template
{
    public Template(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair)
    {
        (Single, Pair) = (single, pair);
        AddedToSingle = single.Sum(static part => part.Ids.Length);
        AddedToPair = pair.Sum(static part => part.Ids.Length);
    }

    /// <summary>Nothing around them; the second is of type 1.</summary>
    public static Template Bare { get; } = new([TemplatePart.Text(0, 0)], [TemplatePart.Text(0, 0), TemplatePart.Text(1, 1)]);

    public IReadOnlyList<TemplatePart> Single { get; }

    public IReadOnlyList<TemplatePart> Pair { get; }

    public int AddedToSingle { get; }

    public int AddedToPair { get; }

    /// <summary>[CLS] A [SEP], [CLS] A [SEP] B [SEP].</summary>
    public static Template Bert(int begin, int end) => new(
        [TemplatePart.Special(0, begin), TemplatePart.Text(0, 0), TemplatePart.Special(0, end)],
        [TemplatePart.Special(0, begin), TemplatePart.Text(0, 0), TemplatePart.Special(0, end), TemplatePart.Text(1, 1), TemplatePart.Special(1, end)]);

    /// <summary>&lt;s&gt; A &lt;/s&gt;, &lt;s&gt; A &lt;/s&gt; &lt;/s&gt; B &lt;/s&gt;, all of type 0.</summary>
    public static Template Roberta(int begin, int end) => new(
        [TemplatePart.Special(0, begin), TemplatePart.Text(0, 0), TemplatePart.Special(0, end)],
        [TemplatePart.Special(0, begin), TemplatePart.Text(0, 0), TemplatePart.Special(0, end, end), TemplatePart.Text(1, 0), TemplatePart.Special(0, end)]);
}
