namespace Graft.Text.Tests;

/// <summary>Values that sacreBLEU's, rouge-score's and JiWER's own tests and papers name.</summary>
public sealed class PublishedSequenceMetricsTests
{
    private const string Sugar = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;", SugarReference = "producţia de zahăr brut se exprimă în zahăr alb;";

    private static readonly string[] Bitten = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];

    private static readonly IReadOnlyList<string>[] BittenReferences =
    [
        ["The dog bit the man.", "The dog had bit the man."], ["It was not unexpected.", "No one was surprised."], ["The man bit him first.", "The man had bitten the dog."],
    ];

    // mjpost/sacrebleu, test/test_bleu.py
    [Theory]
    [InlineData(BleuTokenisation.Mteval13a, BleuSmoothing.Exponential, 48.530827)]
    [InlineData(BleuTokenisation.Mteval13a, BleuSmoothing.None, 48.530827)]
    [InlineData(BleuTokenisation.None, BleuSmoothing.Exponential, 49.1919566)]
    [InlineData(BleuTokenisation.International, BleuSmoothing.Exponential, 43.91623493)]
    public void Corpora_score_as_in_sacreBLEUs_tests(BleuTokenisation tokenisation, BleuSmoothing smoothing, double published)
    {
        var score = BleuScore.Of(Bitten, BittenReferences, new BleuOptions { Tokenisation = tokenisation, Smoothing = smoothing });
        Assert.Equal(published, score.Score, 1e-6);
        Assert.Equal(0, BleuScore.Of(["", "", ""], BittenReferences).Score);
    }

    // mjpost/sacrebleu, test/test_sentence_bleu.py
    [Theory]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenisation.Mteval13a, 8.493)]
    [InlineData(BleuSmoothing.None, null, false, BleuTokenisation.Mteval13a, 0)]
    [InlineData(BleuSmoothing.Floor, null, false, BleuTokenisation.Mteval13a, 4.51688)]
    [InlineData(BleuSmoothing.Floor, 0.5, false, BleuTokenisation.Mteval13a, 10.10)]
    [InlineData(BleuSmoothing.AddK, null, false, BleuTokenisation.Mteval13a, 14.882)]
    [InlineData(BleuSmoothing.AddK, 2.0, false, BleuTokenisation.Mteval13a, 21.389)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenisation.None, 7.347)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenisation.International, 8.493)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenisation.Characters, 40.8759)]
    [InlineData(BleuSmoothing.Exponential, null, true, BleuTokenisation.Characters, 42.0267)]
    public void Sentences_score_as_in_sacreBLEUs_tests(BleuSmoothing smoothing, double? value, bool lowerCase, BleuTokenisation tokenisation, double published)
    {
        var options = new BleuOptions { Smoothing = smoothing, SmoothingValue = value, LowerCase = lowerCase, Tokenisation = tokenisation, EffectiveOrder = true };
        Assert.Equal(published, BleuScore.Of([Sugar], [SugarReference], options).Score, 1e-3);
        Assert.Equal(0, BleuScore.Of(["this is a cat"], ["okay thanks"], options with { Tokenisation = BleuTokenisation.Mteval13a }).Score);
    }

    [Fact]
    public void Signatures_and_lines_are_worded_as_sacreBLEUs()
    {
        var score = BleuScore.Of(Bitten, BittenReferences);
        Assert.Equal("nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:graft", score.Signature);
        Assert.Equal("BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)", score.ToString());
        var odd = new BleuOptions { LowerCase = true, EffectiveOrder = true, Smoothing = BleuSmoothing.Floor, Tokenisation = BleuTokenisation.International };
        Assert.Equal("nrefs:var|case:lc|eff:yes|tok:intl|smooth:floor[0.10]|version:graft", BleuScore.Of(["a", "b"], [["a", "b"], ["b", ""]], odd).Signature);
        var chrf = ChrfScore.Of(Bitten, BittenReferences, ChrfOptions.PlusPlus);
        Assert.Equal("nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:graft", chrf.Signature);
        Assert.StartsWith("chrF2++ = ", chrf.ToString(), StringComparison.Ordinal);
        Assert.Equal("chrF2", ChrfScore.Of(["a"], ["a"]).Name);
    }

    // mjpost/sacrebleu, test/test_chrf.py
    [Theory]
    [InlineData("abcdefg", "hijklmnop", 0, 0)]
    [InlineData("", "reference", 0, 0)]
    [InlineData("aa", "ab", 8.3333, 25)]
    [InlineData("a", "a", 16.6667, 100)]
    [InlineData("a b c", "a b c", 50, 100)]
    [InlineData("a b c", "abc", 50, 100)]
    [InlineData("Niemand hat die Absicht, eine Mauer zu errichten", "Niemand hat die Absicht, eine Mauer zu errichten", 100, 100)]
    [InlineData(" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
        "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.", 64.1302698, -1)]
    public void Chrf_scores_as_in_sacreBLEUs_tests(string hypothesis, string reference, double smoothed, double effective)
    {
        Assert.Equal(smoothed, ChrfScore.Of([hypothesis], [reference], new ChrfOptions { Beta = 3, EpsilonSmoothing = true }).Score, 1e-4);
        if (effective >= 0) Assert.Equal(effective, ChrfScore.Of([hypothesis], [reference], new ChrfOptions { Beta = 3 }).Score, 1e-4);
    }

    [Fact]
    public void Chrf_with_spaces_and_of_sentences_scores_as_in_sacreBLEUs_tests()
    {
        const string Risk = "risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
            RiskReference = "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .";
        Assert.Equal(65.2414427, ChrfScore.Of([Risk], [RiskReference], new ChrfOptions { Beta = 3, KeepWhiteSpace = true }).Score, 1e-4);
        Assert.Equal(39.14078509, ChrfScore.Of(["Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře."],
            ["Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře."], new ChrfOptions { EpsilonSmoothing = true }).Score, 1e-4);
    }

    // google-research/rouge, rouge_scorer_test.py
    [Theory]
    [InlineData("testing one two", "testing", 1, 1.0 / 3, 0.5)]
    [InlineData("testing one two", "testing one", 1, 2.0 / 3, 0.8)]
    [InlineData("testing one two", "testing two", 1, 2.0 / 3, 0.8)]
    [InlineData("testing one two", "", 0, 0, 0)]
    public void Longest_subsequences_score_as_in_rouge_scores_tests(string reference, string hypothesis, double precision, double recall, double f1)
    {
        var score = RougeScores.Of(hypothesis, reference).RougeL;
        Assert.Equal((precision, recall), (score.Precision, score.Recall));
        Assert.Equal(f1, score.F1, 1e-12);
    }

    [Fact]
    public void Sentences_of_summaries_score_as_in_rouge_scores_tests()
    {
        var score = RougeScores.Of("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5").RougeLSum;
        Assert.Equal((0.4, 0.8), (score.Precision, score.Recall));
        var best = RougeScores.Of(["testing one", "a"], [["testing", "testing one two"], ["b", "a"]]);
        Assert.Equal(0.9, best.RougeL.F1, 1e-12);
        Assert.Equal(["rouge1", "rouge2", "rougeL", "rougeLsum"], best.Figures.Select(static figure => figure.Name));
    }

    // jitsi/jiwer, tests/test_measures.py, test_cer.py and test_empty_ref.py; the first five are of the paper "From WER and RIL to MER and WIL"
    [Theory]
    [InlineData("X", "X", 0, 0, 0, 0)]
    [InlineData("X X Y Y", "X", 3, 0.75, 0.75, 6)]
    [InlineData("X Z", "X Y X", 2.0 / 3, 2.0 / 3, 5.0 / 6, 0.6)]
    [InlineData("Y", "X", 1, 1, 1, 1)]
    [InlineData("Y Z", "X", 2, 1, 1, 3)]
    [InlineData("This test", "This is a test", 0.5, 0.5, 0.5, 5.0 / 14)]
    [InlineData("i am a considerably longer and very much incorrect hypothesis", "i am a short ground truth", 7.0 / 6, 0.7, 0.85, -1)]
    [InlineData("", "", 0, 0, 0, 0)]
    [InlineData("0 1 2", "", 3, 1, 1, -1)]
    [InlineData("abd", "", 1, 1, 1, 3)]
    [InlineData("", "hello", 1, 1, 1, 1)]
    public void Error_rates_are_those_of_JiWERs_tests(string hypothesis, string reference, double words, double matches, double lost, double characters)
    {
        var counts = EditCounts.OfWords(hypothesis, reference);
        Assert.Equal(words, counts.ErrorRate, 1e-12);
        Assert.Equal(matches, counts.MatchErrorRate, 1e-12);
        Assert.Equal(lost, counts.InformationLost, 1e-12);
        if (characters >= 0) Assert.Equal(characters, EditCounts.OfCharacters(hypothesis, reference).ErrorRate, 1e-12);
    }

    [Fact]
    public void Errors_of_several_sentences_are_counted_together()
    {
        var counts = EditCounts.OfCharacters(["i am", "y good"], ["i", "am i good"]);
        Assert.Equal(new EditCounts(6, 1, 3, 3), counts);
        Assert.Equal(0.7, counts.ErrorRate, 1e-12);
        Assert.Equal(1.0 / 3, EditCounts.OfWords(["hello world", "done"], ["hello world", ""]).InformationLost, 1e-12);
    }

    [Fact]
    public void Perplexity_and_exact_matches_are_those_of_their_definitions()
    {
        Assert.Equal(4, Perplexity.Of([MathF.Log(0.25f), MathF.Log(0.25f)]), 1e-6);
        Assert.Equal(Math.E, Perplexity.Of(10, 10), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => Perplexity.Of(1, 0));

        string[] hypotheses = ["Cat?", "theater", "YELLING", "agent007"], references = ["the cat", "theater", "yelling", "agent"];
        Assert.Equal(0.25, SequenceMatch.Of(hypotheses, references).Share);
        Assert.Equal(0.5, SequenceMatch.Of(hypotheses, references, new SequenceMatchOptions { IgnoreCase = true, IgnorePunctuation = true }).Share);
        Assert.Equal(3, SequenceMatch.Of(hypotheses, references, new SequenceMatchOptions { IgnoreCase = true, IgnoreNumbers = true }).Matches);
        Assert.Equal(1, SequenceMatch.Of(["b"], [["a", "b"]]).Share);
    }

    [Fact]
    public void What_cannot_be_scored_is_said()
    {
        Assert.Contains("2 hypotheses stand beside 1 references", Assert.Throws<ArgumentException>(() => BleuScore.Of(["a", "b"], ["a"])).Message, StringComparison.Ordinal);
        Assert.Contains("no hypothesis", Assert.Throws<ArgumentException>(() => ChrfScore.Of([], Array.Empty<string>())).Message, StringComparison.Ordinal);
        Assert.Contains("hypothesis 1 has no reference that is not empty", Assert.Throws<ArgumentException>(() => BleuScore.Of(["a", "b"], ["a", ""])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RougeScores.Of(["a"], Array.Empty<string>()));
        Assert.Throws<ArgumentException>(() => RougeScores.Of(["a"], [Array.Empty<string>()]));
        Assert.Throws<ArgumentException>(() => EditCounts.OfWords(Array.Empty<string>(), []));
        Assert.Throws<ArgumentException>(() => SequenceMatch.Of([], Array.Empty<string>()));
    }
}
