using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Texts of texts on the command line: learnt, evaluated, written.</summary>
public sealed class TranslateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Pairs_are_learnt_from_nothing_and_texts_written()
    {
        string bare = TinyTranslator.Write(In("bare"), withWeights: false), data = Write("train.tsv", 1500, 1), test = Write("test.tsv", 20, 2), saved = In("saved");
        var tuned = GraftLine.Run(
            "fine-tune", "--task", "translation", "--model", bare, "--from-scratch", "--data", data, "--validation", test, "--source-column", "text", "--target-column", "other", "--out", saved,
            "--epochs", "30", "--batch-size", "32", "--learning-rate", "0.004", "--label-smoothing", "0.05", "--seed", "1", "--json").AssertDone();
        Assert.Equal("MarianMTModel", tuned.GetProperty("model").GetString());
        Assert.True(tuned.GetProperty("validation").GetProperty("perplexity").GetDouble() < 2);

        var evaluated = GraftLine.Run(
            "evaluate", "--model", saved, "--data", test, "--source-column", "text", "--target-column", "other", "--num-beams", "4", "--json").AssertDone();
        foreach (string name in (string[])["bleu", "chrf", "rougeL", "exact_match", "perplexity"]) Assert.True(evaluated.TryGetProperty(name, out _) || evaluated.ToString().Contains(name), name);

        File.WriteAllLines(In("lines.txt"), ["one two three", "", "red blue"]);
        foreach (string command in (string[])["translate", "summarise"])
        {
            var run = GraftLine.Run(command, In("lines.txt"), "--model", saved, "--num-beams", "2");
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Equal(["three two one", "", "blue red"], run.Output.TrimEnd('\n').Split('\n').Select(static line => line.TrimEnd('\r')));
        }
        Assert.Equal("three two one", GraftLine.Run("translate", In("one.tsv", "text\none two three\n"), "--model", saved, "--json").AssertDone().GetProperty("written").GetString());
        GraftLine.Run(
            "fine-tune", "--task", "summarisation", "--model", saved, "--data", data, "--source-column", "text", "--target-column", "other", "--out", In("more"), "--epochs", "1",
            "--freeze-below", "decoder0", "--json").AssertDone();
    }

    [Fact]
    public void Two_files_that_agree_line_by_line_are_learnt_from()
    {
        string model = TinyTranslator.Write(In("model")), texts = In("train.de", "one two\nred blue\nfive six seven\n"), others = In("train.en", "two one\nblue red\nseven six five\n");
        string[] tune = ["fine-tune", "--task", "translation", "--model", model, "--data", texts, "--out", In("out"), "--epochs", "1", "--json"];
        var tuned = GraftLine.Run([.. tune, "--targets", others, "--validation", texts, "--targets", others]).AssertDone();
        Assert.Equal(3, tuned.GetProperty("examples").GetInt32());
        Assert.True(tuned.GetProperty("validation").GetProperty("perplexity").GetDouble() > 0);
        Assert.Equal(3, GraftLine.Run("evaluate", "--model", In("out"), "--data", texts, "--targets", others, "--json").AssertDone().GetProperty("examples").GetInt32());

        GraftLine.Run([.. tune, "--targets", In("short.en", "two one\n")]).AssertFailed(2, "short.en: ends behind line 1", "train.de has 3");
        GraftLine.Run([.. tune, "--targets", In("none.en")]).AssertFailed(2, "none.en", "no such file");
        GraftLine.Run([.. tune, "--targets", others, "--validation", texts]).AssertFailed(2, "give it again for --validation");
        GraftLine.Run([.. tune, "--targets", others, "--targets", others]).AssertFailed(2, "--targets is given 2 times");
        GraftLine.Run([.. tune, "--targets", others, "--source-column", "text"]).AssertFailed(2, "--source-column");
        GraftLine.Run("fine-tune", "--task", "causal-lm", "--model", model, "--data", texts, "--targets", others, "--out", In("other")).AssertFailed(2, "--targets");
    }

    [Fact]
    public void Wrong_input_is_one_line()
    {
        string model = TinyTranslator.Write(In("model")), encoder = TinyEncoder.Write(In("encoder")), data = Write("train.tsv", 4, 1), lines = In("lines.txt", "one two\n");
        string[] tune = ["fine-tune", "--task", "translation", "--model", model, "--data", data, "--out", In("out")];
        GraftLine.Run(tune).AssertFailed(2, "source");
        GraftLine.Run([.. tune, "--source-column", "text", "--target-column", "nowhere"]).AssertFailed(2, "nowhere");
        GraftLine.Run([.. tune, "--source-column", "text", "--target-column", "other", "--max-length", "100"]).AssertFailed(2, "--max-length");
        GraftLine.Run([.. tune, "--source-column", "text", "--target-column", "other", "--freeze-below", "decoder9"]).AssertFailed(2, "decoder0");
        GraftLine.Run("fine-tune", "--task", "translation", "--model", encoder, "--data", data, "--out", In("out")).AssertFailed(2, "SequenceToSequence");
        GraftLine.Run("translate", lines, "--model", encoder).AssertFailed(2, "does not make texts of texts");
        GraftLine.Run("translate", In("nowhere.txt"), "--model", model).AssertFailed(2, "no such file");
        GraftLine.Run("translate", lines, "--model", In("nothing")).AssertFailed(2, "no folder");
        GraftLine.Run("translate", lines, "--model", model, "--num-beams", "0").AssertFailed(2, "--num-beams");
        GraftLine.Run("translate", data, "--model", model, "--text-column", "nowhere").AssertFailed(2, "nowhere");
        File.WriteAllBytes(In("odd.txt"), [(byte)'o', 0xff, 0xfe, (byte)'\n']);
        GraftLine.Run("translate", In("odd.txt"), "--model", model).AssertFailed(2, "odd.txt");
        GraftLine.Run("predict", lines, "--model", model).AssertFailed(2, "graft translate");
        GraftLine.Run("evaluate", "--model", encoder, "--data", data, "--num-beams", "2").AssertFailed(2, "--num-beams");
    }

    private string In(string name) => Path.Combine(folder, name);

    private string In(string name, string content)
    {
        File.WriteAllText(In(name), content);
        return In(name);
    }

    private string Write(string name, int count, int seed) =>
        In(name, "text\tother\n" + string.Concat(TinyTranslator.Pairs(count, seed).Select(static pair => $"{pair.Text}\t{pair.Reversed}\n")));
}
