namespace Graft.Text.Tokenisers;

/// <summary>The pre-tokenisers of a <c>tokenizer.json</c>.</summary>
internal static class PreTokeniserJson
{
    public const char SpaceSign = '\u2581';

    public static Components<PreTokeniser> All { get; } = new("pre-tokeniser", new()
    {
        ["Sequence"] = static component => new PreTokeniserSequence(All!.ReadAll(component, "pretokenizers")),
        ["BertPreTokenizer"] = static _ => new BertPreTokeniser(),
        ["ByteLevel"] = static component => new ByteLevelPreTokeniser(component.Json.Flag("add_prefix_space") ?? true, component.Json.Flag("use_regex") ?? true),
        ["Metaspace"] = static component => new MetaspacePreTokeniser(component.Sign("replacement", SpaceSign), SchemeOf(component), component.Json.Flag("split") ?? true),
        ["Whitespace"] = static _ => new WordCutter(),
        ["WhitespaceSplit"] = static _ => new SpaceCutter(),
        ["Split"] = static component => new PatternCutter(component.Pattern("pattern"), component.Json.Flag("invert") ?? false, component.Choice<CutBehaviour>("behavior")),
        ["Punctuation"] = static component => new PointCutter(OlderUnicode.IsPunctuation, component.Choice<CutBehaviour>("behavior", CutBehaviour.Isolated)),
        ["Digits"] = static component => new PointCutter(CharacterKind.IsNumber,
            component.Json.Flag("individual_digits") ?? false ? CutBehaviour.Isolated : CutBehaviour.Contiguous),
        ["CharDelimiterSplit"] = static component =>
        {
            char delimiter = component.Sign("delimiter", ' ');
            return new PointCutter(point => point == delimiter, CutBehaviour.Removed);
        },
    });

    /// <summary>Reads the pre-tokeniser of a file; of a byte-level one the settings beside it say whether it puts spaces, as with transformers.</summary>
    public static PreTokeniser? Read(Component root, bool? spaces) =>
        spaces is { } said && root.Inner("pre_tokenizer") is { } component && component.Json.Text("type") == "ByteLevel"
            ? new ByteLevelPreTokeniser(said, component.Json.Flag("use_regex") ?? true)
            : All.Read(root, "pre_tokenizer");

    /// <summary>Where the sign of a space is put, in either spelling.</summary>
    public static PrependScheme SchemeOf(Component component)
    {
        bool? spaces = component.Json.Flag("add_prefix_space");
        if (component.Json.Text("prepend_scheme") is null) return spaces ?? true ? PrependScheme.Always : PrependScheme.Never;
        var scheme = component.Choice<PrependScheme>("prepend_scheme");
        return spaces is { } said && said == (scheme == PrependScheme.Never)
            ? throw component.Json.Wrong("add_prefix_space", $"is {(said ? "true" : "false")}, and 'prepend_scheme' beside it {scheme}")
            : scheme;
    }
}
