using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Which layers get adapters, what learns with them, and what stays.</summary>
public sealed class AdaptersTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10, "initializer_range": 0.1
        }
        """;

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Only_adapters_and_whole_modules_move()
    {
        using var model = Bert();
        var before = Values(model);
        var config = new LoraConfig { TargetModules = AdapterTargets.Named("query", "value", "output.dense"), Rank = 3, Alpha = 6, Dropout = 0.2, TaskType = "SEQ_CLS" };
        var adapters = Adapters.Attach(model, config);
        Assert.Equal(8, adapters.Layers.Count);
        Assert.Equal(["classifier"], adapters.SavedModules);
        // r (in + out): query, value and the attention's output are square
        Assert.Equal(2 * (3 * 3 * (16 + 16) + 3 * (32 + 16)), adapters.AdapterParameters);
        Assert.Equal(16 * 2 + 2, adapters.SavedParameters);
        var groups = new ParameterGroups(model);
        Assert.Equal(adapters.AdapterParameters + adapters.SavedParameters, groups.TrainableParameters);

        groups.Rates(head: 1e-2);
        using (var optimiser = Optimiser.AdamW(groups))
        {
            for (int step = 0; step < 3; step++)
            {
                using var pass = Pass.Train(device, seed: (ulong)step);
                optimiser.Step(pass.Backward(Loss(model, pass)));
            }
        }
        var after = Values(model);
        foreach (var (name, numbers) in after)
        {
            if (name.StartsWith("classifier.", StringComparison.Ordinal)) Assert.NotEqual(before[name], numbers);
            else if (!name.Contains("lora_", StringComparison.Ordinal)) Assert.Equal(before[name], numbers);
            else if (name.Contains("lora_B", StringComparison.Ordinal)) Assert.Contains(numbers, number => number != 0);
        }
        adapters.Detach();
        var again = Values(model);
        Assert.Equal(before.Keys, again.Keys);
        foreach (var (name, numbers) in before) Assert.Equal(numbers, again[name]);
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
    }

    [Fact]
    public void A_new_adapter_changes_nothing_and_begins_as_PEFTs()
    {
        using var model = Bert();
        float[] before = Logits(model);
        foreach (var config in (AdapterConfig[])
        [
            new LoraConfig { TargetModules = AdapterTargets.AllLinear, ModulesToSave = ["classifier"] },
            new Ia3Config { TargetModules = AdapterTargets.Named("key", "value", "output.dense"), FeedforwardModules = AdapterTargets.Named("output.dense") },
        ])
        {
            var adapters = Adapters.Attach(model, config);
            Assert.Equal(before, Logits(model));
            foreach (var parameter in model.Parameters().Where(parameter => parameter.Name.Contains("lora_A", StringComparison.Ordinal)))
            {
                float bound = 1 / MathF.Sqrt(parameter.Shape[1]);
                float[] numbers = parameter.Value.ToArray();
                Assert.All(numbers, number => Assert.InRange(number, -bound, bound));
                Assert.True(numbers.Max() > 0.8 * bound && numbers.Min() < -0.8 * bound);
            }
            adapters.Detach();
        }
    }

    [Theory]
    [InlineData(false, 2f)]
    [InlineData(true, 4f)]
    public void The_product_is_scaled_by_alpha_and_rank(bool isRankStabilised, float scaling)
    {
        foreach (bool isTransposed in (bool[])[false, true])
        {
            var layer = new Linear(3, 2, isTransposed: isTransposed);
            using var model = new OneLayer(layer);
            using var numbers = Tensor.From<float>([1, 3], [1f, -1f, 0.5f], device);
            float[] before = Output(model, numbers);
            var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("layer"), Rank = 4, Alpha = 8, IsRankStabilised = isRankStabilised });
            Assert.Equal(isTransposed, layer.IsTransposed);
            var a = model.Parameters().Single(parameter => parameter.Name == "layer.lora_A.weight");
            var b = model.Parameters().Single(parameter => parameter.Name == "layer.lora_B.weight");
            a.Fill(values => values.Fill(1));
            b.Fill(values => new float[] { 1, 0, 0, 0, 0, 2, 0, 0 }.CopyTo(values));
            float[] after = Output(model, numbers);
            // A x is 0.5 in each rank
            Assert.Equal(before[0] + scaling * 0.5f, after[0], 1e-5f);
            Assert.Equal(before[1] + scaling * 1f, after[1], 1e-5f);
            adapters.Merge();
            Assert.Null(layer.Adapter);
            float[] merged = Output(model, numbers);
            for (int i = 0; i < 2; i++) Assert.Equal(after[i], merged[i], 1e-5f);
            adapters.Unmerge();
            Assert.Equal(after, Output(model, numbers));
            adapters.Detach();
            Assert.Equal(before, Output(model, numbers));
        }
    }

    [Fact]
    public void A_convolution_is_adapted_and_merged()
    {
        using var model = new SmallModel();
        using var images = Tensor.From<float>([2, 3, 4, 4], Numbers(96), device);
        float[] before = Output(model, images);
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("conv1", "conv2"), Rank = 2, Alpha = 4, ModulesToSave = ["bn", "fc"] });
        Assert.Equal(2 * (3 * 9 + 4) + 2 * (4 * 9 + 4), adapters.AdapterParameters);
        Assert.Equal(before, Output(model, images));
        foreach (var parameter in model.Parameters().Where(parameter => parameter.Name.Contains("lora_B", StringComparison.Ordinal)))
            parameter.Fill(values => Numbers(values.Length).CopyTo(values));
        float[] after = Output(model, images);
        Assert.NotEqual(before, after);
        adapters.Merge();
        float[] merged = Output(model, images);
        for (int i = 0; i < after.Length; i++) Assert.Equal(after[i], merged[i], 1e-5f);
        adapters.Detach();
        Assert.Equal(before, Output(model, images));
    }

    [Fact]
    public void A_batch_norm_is_saved_with_its_statistics()
    {
        using var model = new SmallModel();
        var folder = Directory.CreateTempSubdirectory("graft-adapters-");
        try
        {
            var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Matching(@"conv\d"), ModulesToSave = ["bn"] });
            new Trainer(Optimiser.Sgd(Rated(model)), device).Fit(new Noise(model, device), 1, Schedule.Cosine());
            var learnt = model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value.ToArray());
            adapters.Save(folder.FullName);
            adapters.Detach();
            Assert.Contains(model.Buffers(), buffer => !buffer.Value.ToArray().AsSpan().SequenceEqual(learnt[buffer.Name]));
            Adapters.Load(model, folder.FullName);
            foreach (var tensor in model.Parameters().Concat(model.Buffers())) Assert.Equal(learnt[tensor.Name], tensor.Value.ToArray());
            Assert.All(model.Parameters(), parameter => Assert.True(parameter.IsFrozen));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void What_fits_nothing_is_refused_with_near_names()
    {
        using var model = Bert();
        Refused("there is no such layer", new LoraConfig { TargetModules = AdapterTargets.Named("qurey", "value") }, "'qurey'", "near it are query");
        Refused("the pattern fits nothing", new LoraConfig { TargetModules = AdapterTargets.Matching("quer") }, "'quer'", "bert.encoder.layer.0.attention.self.query");
        Assert.Contains("no regular expression", Assert.Throws<ArgumentException>(() => AdapterTargets.Matching("(query")).Message, StringComparison.Ordinal);
        Refused("no such module to save", new LoraConfig { TargetModules = AdapterTargets.Named("query"), ModulesToSave = ["clasifier"] }, "'clasifier'", "near it are classifier");
        Refused("a norm", new LoraConfig { TargetModules = AdapterTargets.Named("LayerNorm") }, "LayerNorm", "choose other targets");
        Refused("a target in a whole module", new LoraConfig { TargetModules = AdapterTargets.Named("classifier"), TaskType = "SEQ_CLS" }, "'classifier'", "learns whole");
        Refused("no rank", new LoraConfig { TargetModules = AdapterTargets.Named("query"), Rank = 0 }, "rank 0");
        Refused("a feed-forward module that is no target", new Ia3Config { TargetModules = AdapterTargets.Named("key"), FeedforwardModules = AdapterTargets.Named("dense") }, "'dense'");
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);

        Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Matching(@".*\.(?:query|key)") });
        Assert.Throws<InvalidOperationException>(() => Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("key") }));

        void Refused(string why, AdapterConfig config, params string[] said)
        {
            var exception = Assert.Throws<ArgumentException>(() => Adapters.Attach(model, config));
            Assert.All(said, part => Assert.True(exception.Message.Contains(part, StringComparison.Ordinal), $"{why}: {exception.Message}"));
        }
    }

    [Fact]
    public void Some_layers_have_ranks_and_alphas_of_their_own()
    {
        using var model = Bert();
        var adapters = Adapters.Attach(model, new LoraConfig
        {
            TargetModules = AdapterTargets.Named("query", "value"),
            Rank = 2,
            RankPattern = new Dictionary<string, int> { [@"layer\.1\..*query"] = 5 },
            AlphaPattern = new Dictionary<string, double> { ["value"] = 16 },
        });
        Assert.Equal(32 * (2 + 2 + 5 + 2), adapters.AdapterParameters);
    }

    [Fact]
    public void A_model_in_training_keeps_its_adapters()
    {
        using var model = Bert();
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query") });
        using (model.BeginTraining())
        {
            Assert.Throws<InvalidOperationException>(adapters.Merge);
            Assert.Throws<InvalidOperationException>(adapters.Detach);
        }
        adapters.Merge();
        Assert.True(adapters.IsMerged);
        Assert.Throws<InvalidOperationException>(adapters.Merge);
    }

    private static TextModel Bert() => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);

    private static Dictionary<string, float[]> Values(Model model) => model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i))];

    private static ParameterGroups Rated(Model model)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-2);
        return groups;
    }

    private static Variable Loss(TextModel model, Pass pass) =>
        model.Loss(model.Forward(pass, TextBatch.Pad([[2, 7, 9, 4], [3, 5, 8]], paddingToken: 0)), new TextTargets { Labels = [0, 1] });

    private float[] Logits(TextModel model)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, TextBatch.Pad([[2, 7, 9, 4], [3, 5, 8]], paddingToken: 0))["logits"].Value.ToArray();
    }

    private float[] Output(ImageModel model, Tensor<float> numbers)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass.Constant(numbers)).Value.ToArray();
    }
}
