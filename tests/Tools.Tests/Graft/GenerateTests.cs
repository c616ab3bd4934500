using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Language models on the command line: learnt, evaluated, and asked to write.</summary>
public sealed class GenerateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_decoder_is_fine_tuned_and_writes()
    {
        string start = TinyDecoder.Write(In("start")), lines = In("lines.txt");
        File.WriteAllLines(lines, Enumerable.Range(0, 40).Select(static i => i % 2 == 0 ? "ada lives in london ." : "bob works in paris ."));
        var learnt = GraftLine.Run(
            "fine-tune", "--task", "causal-lm", "--model", start, "--data", lines, "--out", In("out"), "--epochs", "15", "--learning-rate", "0.005", "--batch-size", "8", "--held-out", "0.2",
            "--packing", "none", "--json").AssertDone();
        Assert.InRange(learnt.GetProperty("validation").GetProperty("perplexity").GetDouble(), 1, 2.5);
        Assert.InRange(GraftLine.Run("evaluate", "--model", In("out"), "--data", lines, "--json").AssertDone().GetProperty("perplexity").GetDouble(), 1, 2.5);
        var run = GraftLine.Run("generate", "ada", "--model", In("out"));
        Assert.Equal((0, "lives in london .\n"), (run.ExitCode, run.Output.ReplaceLineEndings("\n")));
        foreach (string precision in (string[])["bfloat16", "int8"])
        {
            var narrow = GraftLine.Run("generate", "ada", "--model", In("out"), "--dtype", precision);
            Assert.Equal((0, true), (narrow.ExitCode, narrow.Output.Trim().Length > 0));
        }
        GraftLine.Run("generate", "ada", "--model", In("out"), "--dtype", "fp4").AssertFailed(2, "--dtype is float32, bfloat16 or int8, not 'fp4'");
        var json = GraftLine.Run("generate", "bob", "--model", In("out"), "--num-beams", "3", "--num-return-sequences", "2", "--stop", " .", "--json").AssertDone();
        Assert.Equal("works in paris", json.GetProperty("texts")[0].GetProperty("text").GetString());
        Assert.Equal(2, json.GetProperty("texts").GetArrayLength());
        string[] draws = ["generate", "", "--model", In("out"), "--temperature", "2", "--seed", "5", "--max-new-tokens", "6"];
        Assert.Equal(GraftLine.Run(draws).Output, GraftLine.Run(draws).Output);
        GraftLine.Run("generate", string.Join(' ', Enumerable.Repeat("ada", 40)), "--model", In("out")).AssertFailed(2, "41 tokens", "context of 24");
        GraftLine.Run("generate", "ada", "--model", In("out"), "--temperature", "0").AssertFailed(2, "temperature is 0");
        GraftLine.Run("generate", "ada", "--model", In("out"), "--num-return-sequences", "2").AssertFailed(2, "num_return_sequences");
        GraftLine.Run("generate", "ada", "--model", TinyEncoder.Write(In("encoder"))).AssertFailed(2, "writes no texts");
    }

    private string In(string name) => Path.Combine(folder, name);
}
