using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Text.Tests;

public sealed class WordTokeniserTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Words_are_tokens_and_others_unknown()
    {
        var tokeniser = WordTokeniser.Make(["the", "film", "n't", "."]);
        Assert.Equal((0, 1), (tokeniser.PaddingId, tokeniser.UnknownId));
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "film", "n't", "."], WordTokeniser.Tokens(tokeniser));
        Assert.Equal([2, 4, 5, 1, 6, 7], Ids(tokeniser, "The film  does\tn't ."));
        Assert.Equal([2], Ids(tokeniser, ""));
        Assert.Equal([2, 1, 1], Ids(tokeniser, "film. films"));
        Assert.Equal([2, 5, 7], Ids(WordTokeniser.Make(["the", "film", "n't", "."], WordSplit.Punctuation), "Film."));
        Assert.Equal([2, 1], Ids(WordTokeniser.Make(["the"], lowerCase: false), "The"));
        Assert.Throws<ArgumentException>(() => WordTokeniser.Make(["a", "a"]));
        Assert.Throws<ArgumentException>(() => WordTokeniser.Make(["[PAD]"]));
    }

    [Theory]
    [InlineData(WordSplit.WhiteSpace, true)]
    [InlineData(WordSplit.WhiteSpace, false)]
    [InlineData(WordSplit.Punctuation, true)]
    [InlineData(WordSplit.Punctuation, false)]
    public void The_words_of_a_text_are_those_that_become_tokens(WordSplit split, bool lowerCase)
    {
        string[] texts = ["The film  does\tn't .", "İstanbul, ΟΔΟΣ", "a\u3000b [SEP] c[UNK]d", "", " ", "x \ud800 y", "naïve—deux", "[pad]"];
        foreach (string text in texts)
        {
            var words = WordTokeniser.Words(text, split, lowerCase);
            var tokeniser = WordTokeniser.Make([.. words.Distinct()], split, lowerCase);
            if (!text.Contains("[SEP]", StringComparison.Ordinal)) Assert.Equal(words.Prepend("[CLS]"), tokeniser.Encode(text).Ids.Select(tokeniser.TokenOf));
        }
        Assert.Equal(["a", "b", "c[UNK]d"], WordTokeniser.Words(texts[2], lowerCase: false));
    }

    [Fact]
    public void A_model_over_word_vectors_is_saved_with_its_words()
    {
        string[] words = ["good", "bad", "film"];
        var tokeniser = WordTokeniser.Make(words);
        var tokens = WordTokeniser.Tokens(tokeniser);
        var embeddings = new WordEmbeddings(new WordVectors(["bad", "good"], 4, [1, 2, 3, 4, 5, 6, 7, 8]));
        using var model = new TextCnn(new WordModelConfig { VocabularySize = tokens.Count, EmbeddingSize = 4, Filters = 3 }) { Seed = 1 };
        var coverage = embeddings.Fill(model.Embeddings, tokens, UnknownWords.Random, tokeniser.PaddingId);
        Assert.Equal((7, 2), (coverage.Words, coverage.Found));
        float[] table = model.Embeddings.Weight.Value.ToArray();
        Assert.Equal([0f, 0, 0, 0], table[..4]);
        Assert.Equal([5f, 6, 7, 8, 1, 2, 3, 4], table[16..24]);
        Assert.Throws<ArgumentException>(() => embeddings.Fill(model.Embeddings, words));

        model.ConfigFor(["no", "yes"]).Write(folder.Path("config.json"));
        model.Save(folder.Path("model.safetensors"));
        tokeniser.Save(folder.Root);
        using var read = PretrainedModel.Open(folder.Root);
        Assert.Equal(Logits(model, Ids(tokeniser, "good film")), Logits(read, Ids(Tokeniser.Open(folder.Root), "good film")));
    }

    private static int[] Ids(Tokeniser tokeniser, string text) => tokeniser.Encode(text).Ids;

    private static float[] Logits(TextModel model, int[] ids)
    {
        using var device = new CpuDevice(1);
        using var pass = Pass.Infer(device);
        return model.Forward(pass, model.Pad([ids]))["logits"].Value.ToArray();
    }
}
