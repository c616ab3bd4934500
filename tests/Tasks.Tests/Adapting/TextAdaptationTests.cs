using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Classifiers of texts that are adapted to texts of another kind.</summary>
public sealed class TextAdaptationTests : TextTaskTests
{
    private static readonly TextExample[] Others = [.. new[] { "cat", "dog", "sun", "moon" }.SelectMany(static thing => new TextExample[] { new($"very good {thing}"), new($"very bad {thing} and {thing}") })];

    // from what it knows already: of a network that knows nothing features of domains are easily made the same by making all alike
    private static readonly TextFineTuneOptions Slow = Quick with { Recipe = Quick.Recipe with { LearningRate = 1e-3, HeadRateFactor = 1, Epochs = 6 } };

    public static TheoryData<string> Methods => ["dann", "cdan", "cdan-e", "dan", "coral", "mcd", "pseudo-labels"];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_classifier_learns_beside_texts_of_another_domain(string name)
    {
        var options = With(name);
        using var adapted = Learnt(options);
        using var again = Learnt(options);
        using var plain = Learnt(Slow);
        double[] scores = Scores(adapted);
        Assert.Equal(scores, Scores(again));
        Assert.NotEqual(scores, Scores(plain));
        Assert.True(adapted.Evaluate(Opinions()).Accuracy > 0.7, $"{adapted.Evaluate(Opinions()).Accuracy} right");
        Assert.Equal(name, adapted.Recipe!.Adaptation.Method!.Name);
    }

    [Fact]
    public void Texts_of_the_target_are_read_of_a_file()
    {
        string lines = In("others.txt"), table = In("others.csv"), learnt = In("learnt.csv");
        File.WriteAllLines(lines, Others.Select(static one => one.Text));
        File.WriteAllLines(table, Others.Select(static one => $"7,{one.Text}").Prepend("stars,review"));
        var texts = Opinions();
        File.WriteAllLines(learnt, Enumerable.Range(0, texts.Count).Select(index => $"{texts[index].Text},{texts.ClassNames[texts.Class(index)]}").Prepend("review,sentiment"));
        var columns = new TextColumns { Text = "review", Label = "sentiment" };
        double[] expected = Scores(Learnt(With("dann")));
        foreach (string path in new[] { lines, table })
        {
            using var classifier = Learnt(Quick);
            classifier.FineTune(learnt, columns, Slow with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Target = path, Strength = 0.05 } });
            Assert.Equal(expected, Scores(classifier));
        }
        Assert.Throws<TextFileException>(() => UnlabelledTexts.Open(table));
        Assert.Equal(Others.Select(static one => one.Text), UnlabelledTexts.Open(table, "review").Select(static one => one.Text));
    }

    [Fact]
    public void Domains_are_compared_without_labels_of_the_target()
    {
        using var classifier = Learnt(Quick);
        var texts = Opinions();
        var same = classifier.CompareDomains(texts, texts, [.. Enumerable.Range(0, texts.Count).Select(index => texts[index])]);
        Assert.Equal(1, same.Shares.Sum(), 1e-9);
        Assert.Equal(0, same.Error!.Risk, 1e-9);
        var other = classifier.CompareDomains(texts, texts, Others);
        Assert.True(other.Distance > same.Distance, $"{other.Distance} is not more than {same.Distance}");
        Assert.InRange(other.Confidence, 0.5, 1);
        Assert.Null(classifier.CompareDomains(null, null, Others).Distance);
        Assert.Throws<ArgumentException>(() => classifier.CompareDomains(null, null, []));
    }

    [Fact]
    public void What_cannot_be_adapted_is_refused_and_nothing_changes()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        Refused(With("fixmatch"), "strong variations");
        Refused(With("adda"), "is for pictures");
        Refused(With("adabn"), "is about norms over pictures");
        Refused(With("tent"), "is about norms over pictures");
        Refused(Quick with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann } }, "adapts to examples of a target");
        Refused(Quick with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Texts = [Others[0]] } }, "the target has 1 text");
        Refused(With("dann") with { DropoutConsistency = 1 }, "leave R-Drop");
        Assert.False(classifier.CanPredict);
        using var image = ImageClassifier.FromScratch("cifar-resnet20");
        Assert.Contains("not to texts", Assert.Throws<ArgumentException>(() => image.FineTune(
            new LabelledImages("none", ["a", "b"], new InMemoryImages("none", []), []), null,
            new ImageFineTuneOptions { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Texts = Others } })).Message, StringComparison.Ordinal);

        void Refused(TextFineTuneOptions options, string why) =>
            Assert.Contains(why, Assert.Throws<ArgumentException>(() => classifier.FineTune(Opinions(), null, options)).Message, StringComparison.Ordinal);
    }

    // means of so few states are easily made the same by making all alike
    private static TextFineTuneOptions With(string name) => Slow with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Named(name), Texts = Others, Strength = name == "dan" ? 0.001 : 0.05 } };

    private TextClassifier Learnt(TextFineTuneOptions options)
    {
        var classifier = TextClassifier.FromPretrained(Encoder);
        classifier.FineTune(Opinions(), null, Quick);
        if (options != Quick) classifier.FineTune(Opinions(), null, options);
        return classifier;
    }

    private static double[] Scores(TextClassifier classifier) => [.. classifier.Predict(Others.Select(static one => one.Text)).Select(static answer => (double)answer.Score)];
}
