namespace Graft.Text.Tokenisers;

/// <summary>The normalisers of a <c>tokenizer.json</c>.</summary>
internal static class NormaliserJson
{
    public static Components<Normaliser> All { get; } = new("normaliser", new()
    {
        ["Sequence"] = static component => new NormaliserSequence(All!.ReadAll(component, "normalizers")),
        ["BertNormalizer"] = static component =>
        {
            bool lowers = component.Json.Flag("lowercase") ?? true;
            return new BertNormaliser(component.Json.Flag("clean_text") ?? true, component.Json.Flag("handle_chinese_chars") ?? true,
                component.Json.Flag("strip_accents") ?? lowers, lowers);
        },
        ["NFC"] = static _ => new UnicodeNormaliser(compatible: false, composes: true),
        ["NFD"] = static _ => new UnicodeNormaliser(compatible: false, composes: false),
        ["NFKC"] = static _ => new UnicodeNormaliser(compatible: true, composes: true),
        ["NFKD"] = static _ => new UnicodeNormaliser(compatible: true, composes: false),
        ["Lowercase"] = static _ => new LowercaseNormaliser(),
        ["StripAccents"] = static _ => new StripAccentsNormaliser(),
        ["Strip"] = static component => new StripNormaliser(component.Json.Flag("strip_left") ?? true, component.Json.Flag("strip_right") ?? true),
        ["Replace"] = static component => new ReplaceNormaliser(component.Pattern("pattern"), component.Text("content")),
        ["Prepend"] = static component => new PrependNormaliser(component.Text("prepend")),
        ["Nmt"] = static _ => new NmtNormaliser(),
        ["ByteLevel"] = static _ => new ByteNormaliser(),
        ["Precompiled"] = static component =>
        {
            var json = component.Json;
            byte[] map = [];
            if (json.TryGet("precompiled_charsmap", out var value) && (value.ValueKind != System.Text.Json.JsonValueKind.String || !value.TryGetBytesFromBase64(out map!)))
                throw json.Wrong("precompiled_charsmap", value, "a table in base 64");
            return map.Length == 0 ? new NormaliserSequence([]) : new CharsMapNormaliser(map, problem => json.Wrong("precompiled_charsmap", problem));
        },
    });
}
