using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Text classification from a hub's folder to a saved one.</summary>
public sealed class TextClassifierTests : TextTaskTests
{
    [Fact]
    public void A_classifier_learns_is_saved_as_a_folder_of_the_hub_and_answers_the_same_again()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        Assert.False(classifier.CanPredict);
        var texts = Opinions();
        var report = classifier.FineTune(texts, texts, Quick);
        Assert.Equal(1, report.Epochs[^1].Validation!.Accuracy);
        Assert.Equal(["negative", "positive"], classifier.Labels);
        Assert.Equal("positive", classifier.Predict("the book was very good .").Label);
        Assert.Equal("negative", classifier.Predict("The BOOK was awful!").Label);

        string saved = In("saved");
        classifier.Save(saved);
        foreach (string file in (string[])["config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json", "graft.json"])
            Assert.True(File.Exists(Path.Combine(saved, file)), file);
        Assert.Equal(TextHead.SequenceClassification, PretrainedModel.HeadOf(saved));
        using var again = TextClassifier.Load(saved);
        Assert.Equal(classifier.Labels, again.Labels);
        Assert.Equal(TextLabelKind.SingleLabel, again.Kind);
        Assert.Equal(classifier.Preparation.MaximumLength, again.Preparation.MaximumLength);
        Assert.Equal(classifier.Recipe, again.Recipe);
        string[] lines = [.. Enumerable.Range(0, texts.Count).Select(index => texts[index].Text)];
        Assert.Equal(classifier.Predict(lines).Select(static answer => answer.Score), again.Predict(lines).Select(static answer => answer.Score));
    }

    [Fact]
    public void Every_text_has_the_same_answer_alone_and_among_others_of_other_lengths()
    {
        using var classifier = Learnt();
        string[] lines = ["good", "the cat and the dog and the sun and the moon is very very good .", "", "bad film", new string('x', 300)];
        var together = classifier.Predict(lines).ToList();
        for (int i = 0; i < lines.Length; i++)
        {
            Assert.Equal(lines[i], together[i].Text);
            Assert.Equal(classifier.Predict(lines[i]).Score, together[i].Score, 1e-5);
        }
    }

    [Fact]
    public void Texts_are_read_as_they_are_needed()
    {
        using var classifier = Learnt();
        int read = 0;
        IEnumerable<string> Endless()
        {
            while (true)
            {
                read++;
                yield return "good film";
            }
        }
        Assert.Equal(3, classifier.Predict(Endless()).Take(3).Count());
        Assert.InRange(read, 3, 4096);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("[PAD] [PAD]")]
    [InlineData("\ud83d")]
    public void Odd_texts_have_an_answer_that_is_finite(string text)
    {
        using var classifier = Learnt();
        Assert.All(classifier.Predict(text).Scores, static score => Assert.InRange(score.Score, 0, 1));
        Assert.InRange(classifier.Predict(string.Concat(Enumerable.Repeat("the cat ", 12_500))).Score, 0, 1);
    }

    [Fact]
    public void A_text_may_have_several_classes()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        string path = In("colours.tsv");
        File.WriteAllLines(path, ["text\tlabel", .. Repeat("red\tred", "blue\tblue", "red and blue\tred;blue", "sun\t")]);
        var columns = new TextColumns { Text = "text", Label = "label", Kind = TextLabelKind.MultiLabel };
        classifier.FineTune(path, columns, Quick);
        Assert.Equal(["blue", "red"], classifier.Predict("blue and red").Labels.Order());
        Assert.Equal(["red"], classifier.Predict("red").Labels);
        Assert.Empty(classifier.Predict("sun").Labels);
        Assert.Equal(1, classifier.Evaluate(LabelledTexts.Open(path, columns)).Accuracy);
        classifier.Save(In("several"));
        using var again = TextClassifier.Load(In("several"));
        Assert.Equal(TextLabelKind.MultiLabel, again.Kind);
    }

    [Fact]
    public void A_text_may_have_a_number()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        string path = In("stars.tsv");
        File.WriteAllLines(path, ["text\tstars", .. Repeat("very good\t2", "good\t1", "fine\t0.5", "bad\t-1")]);
        var columns = new TextColumns { Text = "text", Label = "stars", Kind = TextLabelKind.Regression };
        classifier.FineTune(path, columns, Quick with { Recipe = Quick.Recipe with { Epochs = 60 } });
        Assert.Equal(2, classifier.Predict("very good").Score, 0.4);
        var figures = classifier.Evaluate(LabelledTexts.Open(path, columns)).Metrics;
        Assert.True(figures["pearson"] > 0.95, figures.ToString());
        Assert.Equal(0, figures.Find(Metrics.Accuracy) ?? 0);
    }

    [Fact]
    public void What_cannot_be_used_is_refused_by_file_line_and_name()
    {
        using var classifier = Learnt();
        string path = In("odd.tsv");
        File.WriteAllLines(path, ["text\tlabel", "good\tpositive", "bad\tnegativ"]);
        var columns = new TextColumns { Text = "text", Label = "label" };
        var error = Assert.Throws<TextFileException>(() => classifier.Evaluate(LabelledTexts.Open(path, columns)));
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("the model does not know the label 'negativ'", error.Message, StringComparison.Ordinal);
        Assert.Contains("negative", error.Message, StringComparison.Ordinal);
        Assert.Contains("sentiment", Assert.Throws<TextFileException>(() => classifier.FineTune(path, columns with { Label = "sentiment" })).Message, StringComparison.Ordinal);
        Assert.Contains("48", Assert.Throws<ArgumentException>(() => classifier.FineTune(Opinions(), null, Quick with { MaximumLength = 1000 })).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such folder", Assert.Throws<CheckpointException>(() => TextClassifier.Load(In("nowhere"))).Message, StringComparison.Ordinal);
        Assert.Contains("fine-tune it first", Assert.Throws<CheckpointException>(() => TextClassifier.Load(Encoder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_ask_while_it_learns()
    {
        using var classifier = Learnt();
        using var enough = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        var asking = Task.Run(() =>
        {
            int answers = 0;
            while (!enough.IsCancellationRequested)
            {
                Assert.Equal("positive", classifier.Predict("the film is good .").Label);
                answers++;
                asked.TrySetResult();
            }
            return answers;
        }, TestContext.Current.CancellationToken);
        // a busy machine may begin to ask when all has been learnt
        await Task.WhenAny(asked.Task, asking);
        classifier.FineTune(Opinions(), null, Quick with { Recipe = Quick.Recipe with { Epochs = 2, LearningRate = 1e-4 } });
        await enough.CancelAsync();
        Assert.True(await asking > 0);
    }

    [Fact]
    public void The_same_seed_learns_the_same()
    {
        using var first = Learnt();
        using var second = Learnt();
        Assert.Equal(first.Predict("fine book").Score, second.Predict("fine book").Score);
    }

    private TextClassifier Learnt()
    {
        var classifier = TextClassifier.FromPretrained(Encoder);
        classifier.FineTune(Opinions(), null, Quick);
        return classifier;
    }

    private static IEnumerable<string> Repeat(params string[] lines) => Enumerable.Range(0, 8).SelectMany(_ => lines);
}
