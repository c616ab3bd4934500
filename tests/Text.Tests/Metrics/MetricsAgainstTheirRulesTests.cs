using System.Text.Json;

namespace Graft.Text.Tests;

/// <summary>Figures that Golden/make_metrics.py derives from the published rules.</summary>
public sealed class MetricsAgainstTheirRulesTests : IDisposable
{
    private const int Digits = 12;

    private readonly JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "metrics.json")));

    public void Dispose() => golden.Dispose();

    [Fact]
    public void Answers_are_normalised_and_compared_as_SQuAD_does()
    {
        var cases = golden.RootElement.GetProperty("squad_pairs");
        foreach (var one in cases.GetProperty("normalised").EnumerateObject()) Assert.Equal(one.Value.GetString(), AnswerText.Normalise(one.Name));
        foreach (var pair in cases.GetProperty("pairs").EnumerateArray())
        {
            string predicted = pair[0].GetString()!, expected = pair[1].GetString()!;
            Assert.Equal(pair[2].GetInt32() == 1, AnswerText.IsExactMatch(predicted, expected));
            Assert.Equal(pair[3].GetDouble(), AnswerText.F1(predicted, expected, emptyMatches: false), Digits);
            Assert.Equal(pair[4].GetDouble(), AnswerText.F1(predicted, expected), Digits);
        }
    }

    [Fact]
    public void Files_of_answers_score_as_SQuADs_scripts_say()
    {
        foreach (var file in golden.RootElement.GetProperty("squad_files").EnumerateArray())
        {
            var examples = new List<QuestionExample>();
            foreach (var question in file.GetProperty("questions").EnumerateArray())
            {
                AnswerSpan[] answers = [.. Strings(question[1]).Select(static text => new AnswerSpan(0, text))];
                examples.Add(new QuestionExample(question[0].GetString()!, "?", "", answers, answers.Length == 0));
            }
            var predictions = file.GetProperty("predictions").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!);
            var noAnswer = file.GetProperty("no_answer").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetDouble());
            var scores = AnswerScores.Of(examples, predictions, noAnswer.Count == 0 ? null : noAnswer, file.GetProperty("threshold").GetDouble());

            var expected = file.GetProperty("expected");
            Assert.Equal(expected.GetProperty("count").GetInt32(), scores.Count);
            Assert.Equal(expected.GetProperty("exact").GetDouble(), scores.ExactMatch, Digits);
            Assert.Equal(expected.GetProperty("f1").GetDouble(), scores.F1, Digits);
            Equal(expected, "has_answer", scores.Answerable is { } answerable ? (answerable.ExactMatch, answerable.F1) : null);
            Equal(expected, "no_answer", scores.Unanswerable is { } unanswerable ? (unanswerable.ExactMatch, unanswerable.F1) : null);
            Equal(expected, "best_exact", scores.BestExactMatch);
            Equal(expected, "best_f1", scores.BestF1);
        }
    }

    [Fact]
    public void Entities_are_those_of_seqeval()
    {
        foreach (var one in golden.RootElement.GetProperty("entities").EnumerateArray())
        {
            string[] tags = Strings(one.GetProperty("tags"));
            Assert.Equal(Entities(one.GetProperty("lenient")), TaggedEntity.Find(tags));
            if (one.GetProperty("iob2") is { ValueKind: JsonValueKind.Array } iob2) Assert.Equal(Entities(iob2), TaggedEntity.Find(tags, TagScheme.Iob2));
            else Assert.Throws<ArgumentException>(() => TaggedEntity.Find(tags, TagScheme.Iob2));
            Assert.Equal(Entities(one.GetProperty("iobes")), TaggedEntity.Find(tags, TagScheme.Iobes));
        }
    }

    [Fact]
    public void Entities_score_as_seqeval_says()
    {
        foreach (var one in golden.RootElement.GetProperty("entity_scores").EnumerateArray())
        {
            var scheme = one.GetProperty("scheme").GetString() == "iob2" ? TagScheme.Iob2 : TagScheme.Lenient;
            var scores = EntityScores.Of([.. one.GetProperty("expected").EnumerateArray().Select(Strings)], [.. one.GetProperty("predicted").EnumerateArray().Select(Strings)], scheme);
            Equal(one.GetProperty("overall"), scores.Overall);
            Assert.Equal(one.GetProperty("accuracy").GetDouble(), scores.Accuracy, Digits);
            Assert.Equal(one.GetProperty("types").EnumerateObject().Select(static type => type.Name), scores.Types.Keys);
            foreach (var type in one.GetProperty("types").EnumerateObject())
            {
                Equal(type.Value, scores.Types[type.Name]);
                Assert.Equal(type.Value[3].GetInt32(), scores.Types[type.Name].Expected);
            }
        }
    }

    [Fact]
    public void Classes_score_by_their_definitions()
    {
        foreach (var one in golden.RootElement.GetProperty("classification").EnumerateArray())
        {
            int[] expected = Ints(one.GetProperty("expected")), predicted = Ints(one.GetProperty("predicted"));
            int classes = one.GetProperty("classes").GetInt32();
            var scores = ClassificationScores.Of(expected, predicted, classes);
            var several = ClassificationScores.Of(Sets(expected), Sets(predicted), classes);
            foreach (var each in new[] { scores, several })
            {
                Assert.Equal(one.GetProperty("accuracy").GetDouble(), each.Accuracy, Digits);
                Assert.Equal(one.GetProperty("macro")[0].GetDouble(), each.MacroPrecision, Digits);
                Assert.Equal(one.GetProperty("macro")[1].GetDouble(), each.MacroRecall, Digits);
                Assert.Equal(one.GetProperty("macro")[2].GetDouble(), each.MacroF1, Digits);
                Assert.Equal(each.Accuracy, each.Micro.F1, Digits);
            }
            Assert.Equal(one.GetProperty("matthews").GetDouble(), scores.Matthews, Digits);
        }
    }

    [Fact]
    public void Correlations_and_rankings_are_those_of_their_definitions()
    {
        foreach (var one in golden.RootElement.GetProperty("correlation").EnumerateArray())
        {
            float[] left = Floats(one.GetProperty("left")), right = Floats(one.GetProperty("right"));
            Assert.Equal(one.GetProperty("pearson").GetDouble(), Correlation.Pearson(left, right), Digits);
            Assert.Equal(one.GetProperty("spearman").GetDouble(), Correlation.Spearman(left, right), Digits);
        }
        Assert.True(double.IsNaN(Correlation.Pearson([1, 1], [1, 2])));

        var ranking = golden.RootElement.GetProperty("ranking");
        IReadOnlyList<int>[] rankings = [.. ranking.GetProperty("rankings").EnumerateArray().Select(Ints)];
        IReadOnlyDictionary<int, double>[] relevant = [.. ranking.GetProperty("relevant").EnumerateArray().Select(static query =>
            query.EnumerateObject().ToDictionary(static item => int.Parse(item.Name, System.Globalization.CultureInfo.InvariantCulture), static item => item.Value.GetDouble()))];
        var scores = RankingScores.Of(rankings, relevant, ranking.GetProperty("places").GetInt32());
        Assert.Equal(11, scores.Count);
        Assert.Equal(ranking.GetProperty("mrr").GetDouble(), scores.ReciprocalRank, Digits);
        Assert.Equal(ranking.GetProperty("recall").GetDouble(), scores.Recall, Digits);
        Assert.Equal(ranking.GetProperty("ndcg").GetDouble(), scores.Gain, Digits);
        Assert.Equal(ranking.GetProperty("map").GetDouble(), scores.AveragePrecision, Digits);
        Assert.Equal(["mrr@5", "recall@5", "ndcg@5", "map@5"], scores.Figures.Select(static figure => figure.Name));
    }

    private static void Equal(JsonElement file, string name, (double, double)? actual)
    {
        if (!file.TryGetProperty(name, out var pair)) Assert.Null(actual);
        else if (pair[0].ValueKind == JsonValueKind.Null) Assert.Null(actual);
        else
        {
            Assert.Equal(pair[0].GetDouble(), actual!.Value.Item1, Digits);
            Assert.Equal(pair[1].GetDouble(), actual.Value.Item2, Digits);
        }
    }

    private static void Equal(JsonElement figures, PrecisionRecall actual)
    {
        Assert.Equal(figures[0].GetDouble(), actual.Precision, Digits);
        Assert.Equal(figures[1].GetDouble(), actual.Recall, Digits);
        Assert.Equal(figures[2].GetDouble(), actual.F1, Digits);
    }

    private static IEnumerable<TaggedEntity> Entities(JsonElement list) =>
        list.EnumerateArray().Select(static entity => new TaggedEntity(entity[0].GetString()!, entity[1].GetInt32(), entity[2].GetInt32()));

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(static text => text.GetString()!)];

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(static number => number.GetInt32())];

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(static number => number.GetSingle())];

    private static int[][] Sets(int[] classes) => [.. classes.Select(static one => new[] { one })];
}
