using System.Text.Json.Nodes;

namespace Graft.Text.Tokenisers;

public sealed class BpeGoldenTests
{
    [Fact]
    public void Ids_and_decodings_are_those_of_all_lines()
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder("bpe"));
        Goldens.Same(Goldens.Read<string[]>("bpe", "lines.json"), Goldens.Read<int[][]>("bpe", "ids.json"), line => tokeniser.Encode(line).Ids);
        Goldens.Same(Goldens.Read<int[][]>("bpe", "ids.json"), Goldens.Read<string[]>("bpe", "decoded.json"), ids => tokeniser.Decode(ids));
        Assert.Equal(2257, tokeniser.VocabularySize);
        Assert.Equal((2256, 2256, 2256), (tokeniser.BeginId, tokeniser.EndId, tokeniser.UnknownId));
        Assert.Null(tokeniser.MaximumLength);
        Assert.False(tokeniser.HasTokenTypes);
    }

    [Fact]
    public void A_space_is_put_before_the_text_where_the_settings_say_so()
    {
        string folder = Goldens.Changed("bpe", [new("add_prefix_space", JsonValue.Create(true))]);
        var tokeniser = Tokeniser.Open(folder);
        Goldens.Same(Goldens.Read<string[]>("bpe", "lines.json"), Goldens.Read<int[][]>("bpe", "ids_add_prefix_space.json"), line => tokeniser.Encode(line).Ids);
        Directory.Delete(folder, recursive: true);
    }
}
