namespace Graft.Text.Tokenisers;

/// <summary>The decoders of a <c>tokenizer.json</c>.</summary>
internal static class DecoderJson
{
    public static Components<Decoder> All { get; } = new("decoder", new()
    {
        ["Sequence"] = static component => new DecoderSequence(All!.ReadAll(component, "decoders")),
        ["WordPiece"] = static component => new WordPieceDecoder(component.Json.Text("prefix") ?? "##", component.Json.Flag("cleanup") ?? true),
        ["ByteLevel"] = static _ => new ByteLevelDecoder(),
        ["Metaspace"] = static component => new MetaspaceDecoder(component.Sign("replacement", PreTokeniserJson.SpaceSign),
            PreTokeniserJson.SchemeOf(component) != PrependScheme.Never),
        ["BPEDecoder"] = static component => new SuffixDecoder(component.Json.Text("suffix") ?? "</w>"),
        ["Replace"] = static component => new ReplaceDecoder(component.Pattern("pattern"), component.Text("content")),
        ["Fuse"] = static _ => new FuseDecoder(),
        ["ByteFallback"] = static _ => new ByteFallbackDecoder(),
        ["Strip"] = static component => new StripDecoder(component.Text("content") is { Length: > 0 } sign ? sign : throw component.Json.Wrong("content", "is empty"),
            component.Json.Integer("start") ?? 0, component.Json.Integer("stop") ?? 0),
    });
}
