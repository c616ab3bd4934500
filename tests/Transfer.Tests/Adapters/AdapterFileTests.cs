using System.Text;
using Graft.Models;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>Folders of adapters that cannot be read: one exception that names what is wrong, and a model that is as it was.</summary>
public sealed class AdapterFileTests : IDisposable
{
    private const string Config = """{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["query", "value"], "modules_to_save": ["classifier"], "task_type": "SEQ_CLS"}""";

    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10
        }
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-adapters-");
    private readonly TextModel model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);

    public void Dispose()
    {
        model.Dispose();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("\"LORA\"", "\"P_TUNING\"", "P_TUNING")]
    [InlineData("\"LORA\"", "7", "'peft_type' is 7")]
    [InlineData("\"r\": 2", "\"r\": 0", "rank 0")]
    [InlineData("\"r\": 2", "\"r\": 3", "[3, 16]")]
    [InlineData("\"r\": 2", "\"r\": 2, \"use_dora\": true", "lora_magnitude_vector")]
    [InlineData("\"r\": 2", "\"r\": 2, \"bias\": \"some\"", "'bias' is 'some'")]
    [InlineData("\"r\": 2", "\"r\": 2, \"layers_to_transform\": [0]", "layers_to_transform")]
    [InlineData("\"r\": 2", "\"r\": 2, \"init_lora_weights\": \"pissa\"", "pissa")]
    [InlineData("[\"query\", \"value\"]", "[\"query\"]", "has no place")]
    [InlineData("[\"query\", \"value\"]", "\".*(query\"", "no regular expression")]
    [InlineData("[\"query\", \"value\"]", "[\"q_proj\"]", "q_proj")]
    [InlineData("[\"query\", \"value\"]", "[\"query\", \"value\", \"dense\"]", "has no tensor")]
    [InlineData("[\"query\", \"value\"]", "null", "'target_modules' is missing")]
    public void What_is_not_built_or_does_not_fit_is_named(string part, string instead, string said)
    {
        Write();
        File.WriteAllText(Path.Combine(folder.FullName, "adapter_config.json"), Config.Replace(part, instead, StringComparison.Ordinal));
        string[] before = [.. model.Parameters().Select(parameter => parameter.Name)];
        var exception = Assert.Throws<CheckpointException>(() => Adapters.Load(model, folder.FullName));
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, model.Parameters().Select(parameter => parameter.Name));
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
    }

    [Fact]
    public void Options_that_ask_for_nothing_are_passed_over()
    {
        Write();
        const string Unused = """
            "r": 2, "use_dora": false, "loftq_config": {}, "megatron_config": null, "megatron_core": "megatron.core", "init_lora_weights": "gaussian"
            """;
        string config = Config.Replace("\"r\": 2", Unused, StringComparison.Ordinal)
            .Replace("[\"classifier\"]", "null", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.FullName, "adapter_config.json"), config);
        Assert.Equal(["classifier"], Adapters.Load(model, folder.FullName).SavedModules);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Contains("adapter_config.json", Assert.Throws<CheckpointException>(() => Adapters.Load(model, folder.FullName)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.FullName, "adapter_config.json"), Config);
        Assert.Contains("adapter_model.safetensors", Assert.Throws<CheckpointException>(() => Adapters.Load(model, folder.FullName)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adapter_config.json")]
    [InlineData("adapter_model.safetensors")]
    public async Task A_damaged_file_is_read_or_refused(string name)
    {
        Write();
        string path = Path.Combine(folder.FullName, name);
        await Bounded.Mutated<CheckpointException>(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), seed: 5, count: 100, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Adapters.Load(model, folder.FullName).Detach();
        });
    }

    private void Write()
    {
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query", "value"), Rank = 2, Alpha = 4, TaskType = "SEQ_CLS" });
        adapters.Save(folder.FullName);
        adapters.Detach();
    }
}
