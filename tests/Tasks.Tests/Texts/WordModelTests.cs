using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>Networks over word vectors, from the vectors to a saved classifier.</summary>
public sealed class WordModelTests : TextTaskTests
{
    private static readonly string[] Known = ["good", "fine", "bad", "awful", "film", "book", "the", ".", "superb"];

    private static readonly string[] Texts = ["The film is good.", "the book was fine.", "The film is bad.", "the book was awful."];

    private static WordEmbeddings Vectors { get; } = new(new WordVectors(Known, 3,
    [
        1, 0.1f, 0, 0.9f, 0, 0.1f, -1, 0, 0.1f, -0.9f, 0.1f, 0, 0, 1, 0, 0, 0.9f, 0.1f, 0, 0.1f, 1, 0.1f, 0, 0.9f, 1, 0, 0,
    ]));

    [Theory]
    [InlineData(WordModelKind.Bag)]
    [InlineData(WordModelKind.Cnn)]
    public void A_classifier_over_word_vectors_learns_and_is_opened_again(WordModelKind kind)
    {
        var source = TextModelSource.Words(Vectors, Texts, new WordModelOptions { Kind = kind, Widths = [1, 2], Filters = 8, Seed = 1 });
        Assert.Equal((10, 8, 18L), (source.Coverage!.Words, source.Coverage.Found, source.Coverage.OccurrencesFound + 2));
        using var classifier = TextClassifier.From(source);
        Assert.False(classifier.CanPredict);
        var options = TextFineTuneOptions.ForWords;
        options = options with { BatchSize = 4, Recipe = options.Recipe with { Epochs = 60, LearningRate = 0.02, FreezeBelow = "trunk" } };
        var before = Table(classifier);
        Assert.Equal(1, classifier.FineTune(Sentiments(), Sentiments(), options).Epochs[^1].Validation!.Accuracy);
        Assert.Equal(before, Table(classifier));
        // a word of the file that the texts lack
        Assert.Equal("positive", classifier.Predict("SUPERB film").Label);

        classifier.Save(In("words"));
        Assert.Equal(TextHead.SequenceClassification, PretrainedModel.HeadOf(In("words")));
        using var again = TextClassifier.Load(In("words"));
        string[] lines = [.. Texts, "", "unheard of"];
        Assert.Equal(classifier.Predict(lines).Select(static answer => answer.Score), again.Predict(lines).Select(static answer => answer.Score));
        // and learns on, the vectors too
        again.FineTune(Sentiments(), null, options with { Recipe = options.Recipe with { Epochs = 1, FreezeBelow = null } });
        Assert.NotEqual(before, Table(again));
    }

    [Fact]
    public void Words_are_cut_as_more_of_the_texts_has_a_vector_and_rare_ones_without_are_unknown()
    {
        var cut = TextModelSource.Words(Vectors, ["The film .", "the odd film ."]);
        using (var classifier = TextClassifier.From(cut))
        {
            var tokeniser = classifier.Preparation.Tokeniser;
            Assert.Equal(["[CLS]", "the", "[UNK]", "film", "."], Spelled(tokeniser, "The odd film."));
            Assert.Equal(4 + Known.Length, tokeniser.VocabularySize);
        }
        var spaced = new WordEmbeddings(new WordVectors(["does", "n't", "Film"], 2, [1, 2, 3, 4, 5, 6]));
        using (var classifier = TextClassifier.From(TextModelSource.Words(spaced, ["Film does n't"], new WordModelOptions { FurtherWords = 0 })))
        {
            Assert.Equal(["[CLS]", "Film", "does", "n't"], Spelled(classifier.Preparation.Tokeniser, "Film does n't"));
            Assert.Equal(["[CLS]", "[UNK]"], Spelled(classifier.Preparation.Tokeniser, "film"));
        }
        using var all = TextClassifier.From(TextModelSource.Words(Vectors, ["odd odd"], new WordModelOptions { FurtherWords = 2, MinimumCount = 3 }));
        Assert.Equal(["good", "fine"], WordTokeniser.Tokens(all.Preparation.Tokeniser).Skip(4));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentException>(() => TextModelSource.Words(Vectors, ["", " "]));
        Assert.Throws<ArgumentException>(() => TextModelSource.Words(Vectors, Texts, new WordModelOptions { Kind = WordModelKind.Cnn, Widths = [] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextModelSource.Words(Vectors, Texts, new WordModelOptions { MinimumCount = 0 }));
        Assert.Throws<ArgumentException>(() => TokenClassifier.From(TextModelSource.Words(Vectors, Texts)));
    }

    private static float[] Table(TextClassifier classifier) => ((WordModel)classifier.Model).Embeddings.Weight.Value.ToArray();

    private static IEnumerable<string> Spelled(Tokeniser tokeniser, string text) => tokeniser.Encode(text).Ids.Select(tokeniser.TokenOf);

    private LabelledTexts Sentiments()
    {
        string path = In("sentiments.tsv");
        File.WriteAllLines(path, ["label\ttext", .. Enumerable.Range(0, 4).SelectMany(_ => Texts.Select((text, index) => $"{(index < 2 ? "positive" : "negative")}\t{text}"))]);
        return LabelledTexts.Open(path, new TextColumns { Text = "text", Label = "label" });
    }
}
