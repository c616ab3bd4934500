using System.Globalization;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>Text classification with what is done about classes, and with two runs of a text.</summary>
public sealed class UnequalTextsTests : TextTaskTests
{
    [Fact]
    public void A_classifier_learns_with_each_of_them()
    {
        // classes of which one has fewer examples: weights of equal ones are all 1
        var unequal = Opinions().Where(static index => index is not (21 or 23));
        float[] plain = Learnt(Quick, texts: unequal);
        foreach (var options in new[]
        {
            Quick with { LabelSmoothing = 0.1f }, Quick with { Classes = new ClassOptions { Weights = ClassWeighting.Balanced } },
            Quick with { Classes = new ClassOptions { FocalGamma = 2 } }, Quick with { Classes = new ClassOptions { Sampling = ExampleSampling.Balanced } },
        })
        {
            Assert.False(plain.AsSpan().SequenceEqual(Learnt(options, texts: unequal)), $"{options}");
        }
    }

    [Fact]
    public void Two_runs_without_dropout_are_one_and_with_it_are_held_together()
    {
        var twice = Quick with { DropoutConsistency = 1 };
        Assert.True(Learnt(Quick).AsSpan().SequenceEqual(Learnt(twice)));
        Assert.False(Learnt(Quick, dropout: 0.1).AsSpan().SequenceEqual(Learnt(twice, dropout: 0.1)));
    }

    [Fact]
    public void They_are_refused_where_texts_have_not_one_class_each()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        var numbers = new LabelledTexts("numbers", [new TextExample("good"), new TextExample("bad")], [1f, 0f]);
        var error = Assert.Throws<ArgumentException>(() => classifier.FineTune(numbers, options: Quick with { DropoutConsistency = 1 }));
        Assert.Contains("one class each", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.FineTune(Opinions(), options: Quick with { DropoutConsistency = -1 }));
    }

    [Fact]
    public void A_teacher_of_texts_teaches_where_it_makes_the_same_tokens()
    {
        using (var classifier = TextClassifier.FromPretrained(Encoder))
        {
            classifier.FineTune(Opinions(), null, Quick);
            classifier.Save(In("teacher"));
        }
        var taught = Quick with { Distillation = new DistillationOptions { Teacher = In("teacher"), Weight = 1, Temperature = 2 } };
        Assert.False(Learnt(Quick).AsSpan().SequenceEqual(Learnt(taught)));

        string vocabulary = Path.Combine(In("teacher"), "vocab.txt");
        string[] words = File.ReadAllLines(vocabulary);
        (words[5], words[6]) = (words[6], words[5]);
        File.WriteAllLines(vocabulary, words);
        using var student = TextClassifier.FromPretrained(Encoder);
        Assert.Contains("other tokens", Assert.Throws<ArgumentException>(() => student.FineTune(Opinions(), null, taught)).Message, StringComparison.Ordinal);
    }

    private float[] Learnt(TextFineTuneOptions options, double dropout = 0, LabelledTexts? texts = null)
    {
        string config = Path.Combine(Encoder, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("_prob\": 0.0", $"_prob\": {dropout.ToString("F1", CultureInfo.InvariantCulture)}", StringComparison.Ordinal));
        using var classifier = TextClassifier.FromPretrained(Path.GetDirectoryName(config)!);
        texts ??= Opinions();
        var report = classifier.FineTune(texts, texts, options);
        Assert.True(report.Epochs[^1].Validation!.Accuracy > 0.8, $"{options}: {report.Epochs[^1].Validation!.Accuracy}");
        return [.. classifier.Model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())];
    }
}
