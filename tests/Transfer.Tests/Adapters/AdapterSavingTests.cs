using System.Text;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer.Tests;

/// <summary>What a model's own file is while adapters are in it, and the files of kinds that are saved by their own rules.</summary>
public sealed class AdapterSavingTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10
        }
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-adapters-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_model_with_adapters_is_not_saved_as_if_it_had_none()
    {
        using var model = Bert();
        string before = In("before.safetensors"), after = In("after.safetensors");
        model.Save(before);
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query"), TaskType = "SEQ_CLS" });
        foreach (var parameter in model.Parameters().Where(parameter => !parameter.IsFrozen)) parameter.Fill(numbers => numbers.Fill(0.5f));
        var exception = Assert.Throws<InvalidOperationException>(() => model.Save(after));
        Assert.Contains("query", exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(after));

        adapters.SaveBase(after);
        Assert.Equal(File.ReadAllBytes(before), File.ReadAllBytes(after));
        adapters.Merge();
        adapters.SaveBase(after);
        Assert.Equal(File.ReadAllBytes(before), File.ReadAllBytes(after));
        // merged it is one model again
        model.Save(after);
        using (var merged = Checkpoint.Open(after))
        {
            Assert.DoesNotContain(merged.Tensors, tensor => tensor.Key.Contains("lora", StringComparison.Ordinal));
            Assert.All(merged["classifier.weight"].ToSingleArray(), number => Assert.Equal(0.5f, number));
        }
        adapters.Detach();
        model.Save(after);
        Assert.Equal(File.ReadAllBytes(before), File.ReadAllBytes(after));
    }

    [Fact]
    public void Biases_alone_are_saved_and_read()
    {
        using var model = Bert();
        string[] biases = [.. model.Parameters().Select(parameter => parameter.Name).Where(name => name.EndsWith(".bias", StringComparison.Ordinal))];
        var adapters = Adapters.Attach(model, new BitFitConfig { TaskType = "SEQ_CLS" });
        Assert.Equal(["classifier"], adapters.SavedModules);
        Assert.Equal(biases.Where(name => name != "classifier.bias"), adapters.SingleParameters);
        Assert.Equal((0, biases.Sum(name => Named(model, name).Shape.ElementCount) + 32), (adapters.AdapterParameters, adapters.SavedParameters));
        Assert.All(model.Parameters(), parameter => Assert.Equal(biases.Append("classifier.weight").Contains(parameter.Name), !parameter.IsFrozen));
        foreach (string name in biases) Named(model, name).Fill(numbers => numbers.Fill(name.Length));
        adapters.Save(folder.FullName);
        adapters.Detach();
        Assert.All(biases.Where(name => !name.Contains("classifier", StringComparison.Ordinal)), name => Assert.All(Named(model, name).Value.ToArray(), number => Assert.Equal(0, number)));
        using (var file = Checkpoint.Open(In("adapter_model.safetensors")))
            Assert.Equal(biases.Append("classifier.weight").Select(name => $"base_model.model.{name}").Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
        var again = Adapters.Load(model, folder.FullName);
        Assert.All(biases, name => Assert.All(Named(model, name).Value.ToArray(), number => Assert.Equal(name.Length, number)));
        again.MergeAndUnload();
        Assert.All(biases, name => Assert.All(Named(model, name).Value.ToArray(), number => Assert.Equal(name.Length, number)));
    }

    [Theory]
    [InlineData(LoraBias.All)]
    [InlineData(LoraBias.LoraOnly)]
    public void A_LoRA_may_train_biases_too(LoraBias bias)
    {
        using var model = Bert();
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query"), Rank = 2, Bias = bias });
        Assert.Equal(bias == LoraBias.LoraOnly ? ["bert.encoder.layer.0.attention.self.query.bias"] : [.. model.Parameters().Select(parameter => parameter.Name).Where(name => name.EndsWith(".bias", StringComparison.Ordinal))], adapters.SingleParameters);
        foreach (string name in adapters.SingleParameters) Named(model, name).Fill(numbers => numbers.Fill(0.25f));
        adapters.Save(folder.FullName);
        adapters.Detach();
        Assert.Equal(bias, Assert.IsType<LoraConfig>(Adapters.Load(model, folder.FullName).Config).Bias);
        Assert.All(Named(model, "bert.encoder.layer.0.attention.self.query.bias").Value.ToArray(), number => Assert.Equal(0.25f, number));
    }

    [Fact]
    public void A_decomposed_LoRA_has_PEFTs_keys()
    {
        using var model = Bert();
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query"), Rank = 2, IsWeightDecomposed = true });
        Assert.Equal(2 * 32 + 16, adapters.AdapterParameters);
        adapters.Save(folder.FullName);
        adapters.Detach();
        const string Layer = "base_model.model.bert.encoder.layer.0.attention.self.query";
        using (var file = Checkpoint.Open(In("adapter_model.safetensors")))
            Assert.Equal([$"{Layer}.lora_A.weight [2, 16]", $"{Layer}.lora_B.weight [16, 2]", $"{Layer}.lora_magnitude_vector [16]"],
                file.Tensors.Select(tensor => $"{tensor.Key} {tensor.Shape}").Order(StringComparer.Ordinal));
        Assert.True(Assert.IsType<LoraConfig>(Adapters.Load(model, folder.FullName).Config).IsWeightDecomposed);
    }

    private static Parameter Named(Model model, string name) => model.Parameters().Single(parameter => parameter.Name == name);

    private static TextModel Bert() => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);

    private string In(string name) => Path.Combine(folder.FullName, name);
}
