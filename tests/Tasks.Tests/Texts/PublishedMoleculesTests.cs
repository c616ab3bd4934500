using System.Text.Json.Nodes;
using Graft.Tensors;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>A published decoder of molecules, and what a few numbers beside its weights make of it.</summary>
public sealed class PublishedMoleculesTests : TextTaskTests
{
    [Fact]
    public async Task Published_weights_write_what_they_wrote_and_learn_another_kind_of_molecules_by_an_adapter()
    {
        string published = RealData.Require("gpt2-smiles");
        using var generator = TextGenerator.FromPretrained(Folder(published));
        using (var reference = Checkpoint.Open(Path.Combine(published, "reference.safetensors")))
        {
            int[] expected = [.. reference["greedy.ids"].ToInt64Array().Select(static id => (int)id)];
            var written = generator.Generate([""])[0];
            Assert.Equal(expected, written.Tokens.Prepend(13));
            Assert.Equal(string.Concat(expected[1..^1].Select(generator.Preparation.Tokeniser.TokenOf)), written.Text);
            var pieces = new List<string>();
            await foreach (string piece in generator.GenerateAsync("", cancellation: TestContext.Current.CancellationToken)) pieces.Add(piece);
            Assert.Equal(written.Text, string.Concat(pieces));
        }
        string[] heldOut = File.ReadAllLines(Path.Combine(published, "pubchemqc-heldout.txt")), learnt = File.ReadAllLines(Path.Combine(published, "pubchemqc-train.txt"));
        Assert.Equal(1.3382134, generator.Evaluate(heldOut).Loss, 1e-4);
        var options = new TextFineTuneOptions
        {
            BatchSize = 32,
            Recipe = new TextFineTuneOptions().Recipe with { Epochs = 1, LearningRate = 0.01, Adapter = new AdapterOptions { Kind = AdapterKind.Lora, Rank = 2 } },
        };
        var report = generator.FineTune(learnt[..1600], null, options);
        long all = generator.Model.Parameters().Sum(static parameter => parameter.Shape.ElementCount);
        Assert.True(report.TrainableParameters < 0.01 * all, $"{report.TrainableParameters} of {all} numbers are trained");
        double after = generator.Evaluate(heldOut).Loss;
        Assert.True(after < 1.1, $"1.338 became {after}");
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16, 0.005)]
    [InlineData(WeightPrecision.Int8, 0.02)]
    public void Narrower_weights_know_molecules_nearly_as_well(WeightPrecision precision, double tolerance)
    {
        string published = RealData.Require("gpt2-smiles");
        using var generator = TextGenerator.FromPretrained(Folder(published), options: new LoadOptions { Precision = precision });
        string[] heldOut = File.ReadAllLines(Path.Combine(published, "pubchemqc-heldout.txt"));
        double loss = generator.Evaluate(heldOut).Loss;
        Assert.InRange(loss, 1.3382134 - tolerance, 1.3382134 + tolerance);
        Assert.NotEqual(1.3382134, loss, 1e-7);
        using var reference = Checkpoint.Open(Path.Combine(published, "reference.safetensors"));
        int[] expected = [.. reference["greedy.ids"].ToInt64Array().Select(static id => (int)id)], written = [13, .. generator.Generate([""])[0].Tokens];
        int same = expected.Zip(written).TakeWhile(static pair => pair.First == pair.Second).Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{precision}: loss {loss}, {same} of {expected.Length} greedy tokens");
        Assert.True(same >= 3, $"only {same} of {expected.Length} tokens are those of single precision");
        Assert.Contains("load the model again", Assert.Throws<InvalidOperationException>(() => generator.Save(In("saved"))).Message, StringComparison.Ordinal);
        Assert.Contains("load the model again", Assert.Throws<InvalidOperationException>(() => generator.FineTune(heldOut[..8])).Message, StringComparison.Ordinal);
    }

    /// <summary>The published folder with a tokeniser that divides molecules as those who trained it did in code of their own: an atom in brackets, Br, Cl or one
    /// letter is a token.</summary>
    private string Folder(string published)
    {
        string folder = In("molecules");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Path.Combine(published, "model"))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        string path = Path.Combine(folder, "tokenizer.json");
        var tokeniser = JsonNode.Parse(File.ReadAllText(path))!;
        tokeniser["pre_tokenizer"] = JsonNode.Parse("""{"type": "Split", "pattern": {"Regex": "\\[[^\\]]+\\]|Br|Cl|."}, "behavior": "Isolated", "invert": false}""");
        tokeniser["model"]!["unk_token"] = "<UNKNOWN>";
        File.WriteAllText(path, tokeniser.ToJsonString());
        return folder;
    }
}
