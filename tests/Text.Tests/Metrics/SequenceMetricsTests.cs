using System.Text.Json;

namespace Graft.Text.Tests;

/// <summary>Figures that Golden/make_sequence_metrics.py derives from the rules of sacreBLEU, rouge-score and JiWER.</summary>
public sealed class SequenceMetricsTests : IDisposable
{
    private const int Digits = 10;

    private static readonly string[] Cuts = ["13a", "intl", "char", "none"];
    private static readonly string[] Smoothings = ["exp", "floor", "add-k", "none"];

    private readonly JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "sequence_metrics.json")));

    public void Dispose() => golden.Dispose();

    [Fact]
    public void Lines_are_cut_as_sacreBLEU_does()
    {
        foreach (var one in golden.RootElement.GetProperty("cut").EnumerateArray())
        {
            Assert.Equal(Strings(one[1]), BleuTokeniser.Cut(one[0].GetString()!, BleuTokenisation.Mteval13a, lowerCase: false));
            Assert.Equal(Strings(one[2]), BleuTokeniser.Cut(one[0].GetString()!, BleuTokenisation.Characters, lowerCase: false));
        }
        Assert.Equal(["«", "Été", "»", ",", "3,5", "€", "10", "%", "!", "😀"], BleuTokeniser.Cut("«Été», 3,5€ 10%!😀", BleuTokenisation.International, lowerCase: false));
    }

    [Fact]
    public void Bleu_is_that_of_sacreBLEU()
    {
        foreach (var one in golden.RootElement.GetProperty("bleu").EnumerateArray())
        {
            var (hypotheses, references) = Corpus(one);
            var score = BleuScore.Of(hypotheses, references, BleuOptionsOf(one.GetProperty("options")));
            Assert.Equal(one.GetProperty("score").GetDouble(), score.Score, Digits);
            Assert.Equal(one.GetProperty("bp").GetDouble(), score.BrevityPenalty, Digits);
            Assert.Equal(one.GetProperty("given").GetInt64(), score.HypothesisLength);
            Assert.Equal(one.GetProperty("sought").GetInt64(), score.ReferenceLength);
            Equal(one.GetProperty("precisions"), score.Precisions);
            Equal(one.GetProperty("counts"), score.Counts);
            Equal(one.GetProperty("totals"), score.Totals);
        }
    }

    [Fact]
    public void Chrf_is_that_of_sacreBLEU()
    {
        foreach (var one in golden.RootElement.GetProperty("chrf").EnumerateArray())
        {
            var (hypotheses, references) = Corpus(one);
            Assert.Equal(one.GetProperty("score").GetDouble(), ChrfScore.Of(hypotheses, references, ChrfOptionsOf(one.GetProperty("options"))).Score, Digits);
        }
    }

    [Fact]
    public void Rouge_is_that_of_rouge_score()
    {
        foreach (var one in golden.RootElement.GetProperty("rouge").EnumerateArray())
        {
            var scores = RougeScores.Of(one[0].GetString()!, one[1].GetString()!, one[2].GetBoolean());
            var expected = one[3];
            Equal(expected.GetProperty("rouge1"), Triple(scores.Rouge1));
            Equal(expected.GetProperty("rouge2"), Triple(scores.Rouge2));
            Equal(expected.GetProperty("rougeL"), Triple(scores.RougeL));
            Equal(expected.GetProperty("rougeLsum"), Triple(scores.RougeLSum));
        }

        static double[] Triple(RougeScore score) => [score.Precision, score.Recall, score.F1];
    }

    [Fact]
    public void Stems_are_those_of_NLTK()
    {
        foreach (var one in golden.RootElement.GetProperty("stems").EnumerateObject()) Assert.Equal((one.Name, one.Value.GetString()), (one.Name, PorterStemmer.Stem(one.Name)));
    }

    [Fact]
    public void Edits_are_those_of_JiWER()
    {
        foreach (var one in golden.RootElement.GetProperty("edits").EnumerateArray())
        {
            string hypothesis = one[0].GetString()!, reference = one[1].GetString()!;
            Assert.Equal((hypothesis, reference, Edits(one[2])), (hypothesis, reference, EditCounts.OfWords(hypothesis, reference)));
            Assert.Equal((hypothesis, reference, Edits(one[3])), (hypothesis, reference, EditCounts.OfCharacters(hypothesis, reference)));
        }

        static EditCounts Edits(JsonElement counts) => new(counts[0].GetInt32(), counts[1].GetInt32(), counts[2].GetInt32(), counts[3].GetInt32());
    }

    private (string[] Hypotheses, IReadOnlyList<string>[] References) Corpus(JsonElement one)
    {
        var corpus = golden.RootElement.GetProperty("corpora")[one.GetProperty("corpus").GetInt32()];
        return (Strings(corpus.GetProperty("hypotheses")), [.. corpus.GetProperty("references").EnumerateArray().Select(Strings)]);
    }

    private static BleuOptions BleuOptionsOf(JsonElement json) => new()
    {
        Tokenisation = (BleuTokenisation)Array.IndexOf(Cuts, Text(json, "cut", "13a")),
        Smoothing = (BleuSmoothing)Array.IndexOf(Smoothings, Text(json, "smooth", "exp")),
        SmoothingValue = json.TryGetProperty("value", out var value) ? value.GetDouble() : null,
        LowerCase = IsTrue(json, "lower"),
        EffectiveOrder = IsTrue(json, "effective"),
        MaximumOrder = Number(json, "orders", 4),
    };

    private static ChrfOptions ChrfOptionsOf(JsonElement json) => new()
    {
        CharacterOrder = Number(json, "letters", 6),
        WordOrder = Number(json, "words", 0),
        Beta = Number(json, "beta", 2),
        LowerCase = IsTrue(json, "lower"),
        KeepWhiteSpace = IsTrue(json, "spaces"),
        EpsilonSmoothing = IsTrue(json, "epsilon"),
    };

    private static string Text(JsonElement json, string name, string otherwise) => json.TryGetProperty(name, out var value) ? value.GetString()! : otherwise;

    private static bool IsTrue(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.GetBoolean();

    private static int Number(JsonElement json, string name, int otherwise) => json.TryGetProperty(name, out var value) ? value.GetInt32() : otherwise;

    private static void Equal(JsonElement expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.GetArrayLength(), actual.Count);
        for (int at = 0; at < actual.Count; at++) Assert.Equal(expected[at].GetDouble(), actual[at], Digits);
    }

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(static text => text.GetString()!)];
}
