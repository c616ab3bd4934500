using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Several adapters on one base: switched, blended, taken away.</summary>
public sealed class NamedAdaptersTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10, "initializer_range": 0.1
        }
        """;

    private readonly CpuDevice device = new(2);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-adapters-");

    public void Dispose()
    {
        device.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public void One_is_active_at_a_time_and_the_base_stays()
    {
        using var model = Bert();
        var before = Values(model);
        float[] plain = Logits(model);
        var adapters = new NamedAdapters(model);
        adapters.Attach("lora", new LoraConfig { TargetModules = AdapterTargets.Named("query"), Rank = 2, TaskType = "SEQ_CLS" });
        Learn(model);
        float[] lora = Logits(model);
        adapters.Attach("scaled", new Ia3Config { TargetModules = AdapterTargets.Named("key", "value"), TaskType = "SEQ_CLS" });
        Assert.Equal(plain, Logits(model));
        Learn(model);
        float[] scaled = Logits(model);
        adapters.Attach("biases", new BitFitConfig());
        Learn(model);
        float[] biases = Logits(model);
        Assert.Equal(4, new[] { plain, lora, scaled, biases }.Select(values => string.Join(' ', values)).Distinct().Count());
        foreach (var (name, expected) in new (string?, float[])[] { ("lora", lora), (null, plain), ("scaled", scaled), ("biases", biases), ("lora", lora), (null, plain) })
        {
            adapters.Active = name;
            Assert.Equal(name, adapters.Active);
            Assert.Equal(expected, Logits(model));
            Assert.Equal(name is not null, model.Parameters().Any(parameter => parameter.IsFrozen));
        }
        Assert.Equal(["lora", "scaled", "biases"], adapters.Names);
        adapters.Active = "biases";
        Assert.All(model.Parameters(), parameter => Assert.Equal(parameter.Name.EndsWith("bias", StringComparison.Ordinal), !parameter.IsFrozen));
        adapters["biases"].Save(folder.FullName);
        adapters.Remove("biases");
        adapters.Load("again", folder.FullName);
        Assert.Equal(biases, Logits(model));
        Assert.All(model.Parameters(), parameter => Assert.True(parameter.IsFrozen));
        adapters["again"].Merge();
        Assert.Throws<InvalidOperationException>(() => adapters.Active = "lora");
        adapters["again"].Unmerge();
        foreach (string name in adapters.Names.ToList()) adapters.Remove(name);
        Assert.Null(adapters.Active);
        var after = Values(model);
        Assert.Equal(before.Keys, after.Keys);
        Assert.All(before, entry => Assert.Equal(entry.Value, after[entry.Key]));
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
        Assert.Throws<KeyNotFoundException>(() => adapters.Active = "lora");
        Assert.Throws<KeyNotFoundException>(() => adapters.Remove("lora"));
    }

    [Fact]
    public void Blends_are_PEFTs()
    {
        var layer = new Linear(3, 2);
        using var model = new OneLayer(layer);
        var adapters = new NamedAdapters(model);
        Make("one", 1, alpha: 4);
        Make("two", 3, alpha: 1);
        float[] weight = layer.Weight.Value.ToArray();
        foreach (var (blend, rank, name) in new (AdapterBlend, int?, string)[]
            { (AdapterBlend.Linear, null, "blend-linear"), (AdapterBlend.Concatenate, null, "blend-cat"), (AdapterBlend.SingularValues, null, "blend-cat"), (AdapterBlend.SingularValues, 1, "blend-svd-1") })
        {
            var mixed = adapters.Blend("both", [("one", 0.7), ("two", 0.4)], blend, rank);
            Assert.Equal(5 * (rank ?? (blend == AdapterBlend.Concatenate ? 4 : 2)), mixed.AdapterParameters);
            mixed.Merge();
            float[] merged = layer.Weight.Value.ToArray();
            AdapterNumbers.Near(name, [.. merged.Zip(weight, (whole, own) => whole - own)]);
            mixed.Unmerge();
            mixed.Save(folder.FullName);
            adapters.Remove("both");
            adapters.Load("both", folder.FullName).Merge();
            Assert.Equal(merged, layer.Weight.Value.ToArray());
            adapters["both"].Unmerge();
            adapters.Remove("both");
        }
        Assert.Throws<ArgumentException>(() => adapters.Blend("one", [("two", 1)], AdapterBlend.Linear));
        Assert.Throws<ArgumentException>(() => adapters.Blend("both", [("two", -1)], AdapterBlend.Linear));
        Assert.Throws<ArgumentException>(() => adapters.Blend("both", [], AdapterBlend.Linear));

        void Make(string name, int stream, double alpha)
        {
            adapters.Attach(name, new LoraConfig { TargetModules = AdapterTargets.Named("layer"), Rank = 2, Alpha = alpha });
            foreach (var (key, offset) in new[] { ("layer.lora_A.weight", 0), ("layer.lora_B.weight", 1) })
            {
                var parameter = model.Parameters().Single(one => one.Name == key);
                parameter.Fill(AdapterNumbers.Of(stream + offset, (int)parameter.Shape.ElementCount).CopyTo);
            }
        }
    }

    [Fact]
    public void Layers_that_one_part_lacks_and_heads_are_blended_too()
    {
        using var model = Bert();
        var adapters = new NamedAdapters(model);
        adapters.Attach("narrow", new LoraConfig { TargetModules = AdapterTargets.Named("query"), Rank = 2, TaskType = "SEQ_CLS" });
        Learn(model);
        float[] first = Head();
        adapters.Attach("wide", new LoraConfig { TargetModules = AdapterTargets.Named("query", "value"), Rank = 4, TaskType = "SEQ_CLS" });
        Learn(model);
        float[] second = Head();
        adapters.Active = null;
        float[] begun = Head();
        var mixed = adapters.Blend("mixed", [("narrow", 0.5), ("wide", 0.25)], AdapterBlend.Concatenate);
        Assert.Equal(4, mixed.Layers.Count);
        Assert.Equal(32 * (6 + 4 + 6 + 4), mixed.AdapterParameters);
        float[] blended = Head();
        for (int i = 0; i < blended.Length; i++) Assert.Equal(begun[i] + 0.5f * (first[i] - begun[i]) + 0.25f * (second[i] - begun[i]), blended[i], 1e-5f);
        Assert.Throws<ArgumentException>(() => adapters.Blend("other", [("narrow", 0.5), ("wide", 0.5)], AdapterBlend.Linear));

        float[] Head() => model.Parameters().Single(parameter => parameter.Name == "classifier.weight").Value.ToArray();
    }

    [Fact]
    public async Task A_switch_shows_in_no_forward_half()
    {
        using var model = Bert();
        var adapters = new NamedAdapters(model);
        adapters.Attach("one", new LoraConfig { TargetModules = AdapterTargets.Named("query", "value"), Rank = 2, TaskType = "SEQ_CLS" });
        Learn(model);
        string[] expected = new string[2];
        expected[1] = string.Join(' ', Logits(model));
        adapters.Active = null;
        expected[0] = string.Join(' ', Logits(model));
        using var ends = new CancellationTokenSource();
        var asking = Task.Run(() =>
        {
            var seen = new HashSet<string>();
            using var own = new CpuDevice(1);
            while (!ends.IsCancellationRequested)
            {
                using var pass = Pass.Infer(own);
                seen.Add(string.Join(' ', model.Forward(pass, TextBatch.Pad([[2, 7, 9, 4], [3, 5, 8]], paddingToken: 0))["logits"].Value.ToArray()));
            }
            return seen;
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 50; i++)
        {
            adapters.Active = i % 2 == 0 ? "one" : null;
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        await ends.CancelAsync();
        Assert.Subset(expected.ToHashSet(), await asking);
    }

    private static TextModel Bert() => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);

    private static Dictionary<string, float[]> Values(Model model) => model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());

    private void Learn(TextModel model)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-2);
        using var optimiser = Optimiser.AdamW(groups);
        for (int step = 0; step < 3; step++)
        {
            using var pass = Pass.Train(device, seed: (ulong)step);
            optimiser.Step(pass.Backward(model.Loss(model.Forward(pass, TextBatch.Pad([[2, 7, 9, 4], [3, 5, 8]], paddingToken: 0)), new TextTargets { Labels = [0, 1] })));
        }
    }

    private float[] Logits(TextModel model)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, TextBatch.Pad([[2, 7, 9, 4], [3, 5, 8]], paddingToken: 0))["logits"].Value.ToArray();
    }
}
