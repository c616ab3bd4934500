namespace Graft.Text.Tokenisers;

/// <summary>How special tokens stand around texts.</summary>
internal enum Framing
{
    None,
    Bert,
    Roberta,

    /// <summary>A &lt;/s&gt;, A &lt;/s&gt; B &lt;/s&gt;.</summary>
    End,

    /// <summary>A &lt;sep&gt; &lt;cls&gt;, A &lt;sep&gt; B &lt;sep&gt; &lt;cls&gt;.</summary>
    ClassLast,

    /// <summary>The tokens of beginning and end where the settings ask for them.</summary>
    BeginEnd,
}

/// <summary>What transformers' classes of tokenisers take for granted; a row a class.</summary>
/// <param name="Class">The class, without "Tokenizer" or "TokenizerFast".</param>
/// <param name="ModelTypes">The models (<c>model_type</c> of <c>config.json</c>) whose tokeniser it is where the files do not say.</param>
/// <param name="Framing">What stands around texts.</param>
/// <param name="TokenTypes">Whether the model wants token types.</param>
/// <param name="Specials">The usual special tokens.</param>
/// <param name="MaskStrips">Whether white space before the mask goes with it.</param>
internal sealed record TokeniserFamily(string Class, string[] ModelTypes, Framing Framing, bool TokenTypes, (string Name, string Token)[] Specials, bool MaskStrips = false)
{
    private static readonly (string, string)[] BertTokens = [("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]")];

    private static readonly (string, string)[] RobertaTokens = [("bos_token", "<s>"), ("eos_token", "</s>"), ("sep_token", "</s>"), ("cls_token", "<s>"),
        ("unk_token", "<unk>"), ("pad_token", "<pad>"), ("mask_token", "<mask>")];

    private static readonly (string, string)[] MPNetTokens = [("bos_token", "<s>"), ("eos_token", "</s>"), ("sep_token", "</s>"), ("cls_token", "<s>"),
        ("unk_token", "[UNK]"), ("pad_token", "<pad>"), ("mask_token", "<mask>")];

    private static readonly (string, string)[] AlbertTokens = [("bos_token", "[CLS]"), ("eos_token", "[SEP]"), ("unk_token", "<unk>"), ("sep_token", "[SEP]"),
        ("pad_token", "<pad>"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]")];

    private static readonly (string, string)[] DebertaTokens = [("bos_token", "[CLS]"), ("eos_token", "[SEP]"), ("unk_token", "[UNK]"), ("sep_token", "[SEP]"),
        ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]")];

    private static readonly (string, string)[] XlnetTokens = [("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "<sep>"),
        ("pad_token", "<pad>"), ("cls_token", "<cls>"), ("mask_token", "<mask>")];

    private static readonly (string, string)[] GptTokens = [("unk_token", "<|endoftext|>"), ("bos_token", "<|endoftext|>"), ("eos_token", "<|endoftext|>")];

    private static readonly (string, string)[] EndTokens = [("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")];

    private static readonly (string, string)[] LlamaTokens = [("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>")];

    private static readonly TokeniserFamily[] Rows =
    [
        new("Bert", ["bert"], Framing.Bert, true, BertTokens),
        new("DistilBert", ["distilbert"], Framing.Bert, false, BertTokens),
        new("Electra", ["electra"], Framing.Bert, true, BertTokens),
        new("ConvBert", ["convbert"], Framing.Bert, true, BertTokens),
        new("MobileBert", ["mobilebert"], Framing.Bert, true, BertTokens),
        new("SqueezeBert", ["squeezebert"], Framing.Bert, true, BertTokens),
        new("LayoutLM", ["layoutlm"], Framing.Bert, true, BertTokens),
        new("Lxmert", ["lxmert"], Framing.Bert, true, BertTokens),
        new("MPNet", ["mpnet"], Framing.Roberta, false, MPNetTokens, MaskStrips: true),
        new("GPT2", ["gpt2", "gptj", "gpt_neo"], Framing.None, false, GptTokens),
        new("Roberta", ["roberta"], Framing.Roberta, false, RobertaTokens, MaskStrips: true),
        new("Bart", ["bart"], Framing.Roberta, false, RobertaTokens, MaskStrips: true),
        new("Longformer", ["longformer"], Framing.Roberta, false, RobertaTokens, MaskStrips: true),
        new("XLMRoberta", ["xlm-roberta", "xlm-roberta-xl"], Framing.Roberta, false, RobertaTokens, MaskStrips: true),
        new("Camembert", ["camembert"], Framing.Roberta, false, RobertaTokens, MaskStrips: true),
        new("Albert", ["albert"], Framing.Bert, true, AlbertTokens, MaskStrips: true),
        new("DebertaV2", ["deberta-v2"], Framing.Bert, true, DebertaTokens),
        new("XLNet", ["xlnet"], Framing.ClassLast, true, XlnetTokens, MaskStrips: true),
        new("T5", ["t5", "mt5"], Framing.End, false, EndTokens),
        new("Marian", [], Framing.End, false, EndTokens),
        new("Llama", ["llama", "mistral"], Framing.BeginEnd, false, LlamaTokens),
    ];

    /// <summary>The row of a class; null where it has none.</summary>
    public static TokeniserFamily? OfClass(string name)
    {
        string stem = name;
        foreach (string ending in (ReadOnlySpan<string>)["Fast", "Tokenizer"])
            if (stem.EndsWith(ending, StringComparison.Ordinal)) stem = stem[..^ending.Length];
        return Array.Find(Rows, row => string.Equals(row.Class, stem, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The row of a model; null where it has none.</summary>
    public static TokeniserFamily? OfModel(string type) => Array.Find(Rows, row => row.ModelTypes.Contains(type, StringComparer.Ordinal));

    /// <summary>The classes that have a row.</summary>
    public static string Known => string.Join(", ", Rows.Select(static row => row.Class + "Tokenizer"));
}
