using System.Text.Json;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>Adapters as PEFT saved them, against PEFT's own outputs, gradients and merged weights.</summary>
public sealed class AdapterGoldenTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly CpuDevice device = new(2);
    private readonly DirectoryInfo scratch = Directory.CreateTempSubdirectory("graft-adapters-");

    public void Dispose()
    {
        device.Dispose();
        scratch.Delete(recursive: true);
    }

    [Theory]
    [InlineData("peft-lora-bert")]
    [InlineData("peft-ia3-bert")]
    [InlineData("peft-lora-gpt2")]
    public void Outputs_with_without_and_merged_are_PEFTs(string golden)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        using var reference = Checkpoint.Open(Path.Combine(folder, "reference.safetensors"));
        using var model = PretrainedModel.Open(Path.Combine(folder, "base"), withoutDropout: true);
        var before = Values(model);
        AssertNear(reference["output.base.logits"], Logits(model, reference));

        var adapters = Adapters.Load(model, Path.Combine(folder, "adapter"));
        Assert.Equal(golden == "peft-lora-gpt2" ? [] : ["classifier"], adapters.SavedModules);
        AssertNear(reference["output.logits"], Logits(model, reference));
        var beside = Values(model);
        adapters.IsEnabled = false;
        AssertNear(reference["output.disabled.logits"], Logits(model, reference));
        AssertSame(before, Values(model));
        adapters.IsEnabled = true;

        adapters.Merge();
        AssertNear(reference["output.merged.logits"], Logits(model, reference));
        var merged = reference.Tensors.Where(tensor => tensor.Key.StartsWith("merged.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(merged);
        foreach (var tensor in merged) AssertNear(tensor, model.Parameters().Single(parameter => parameter.Name == tensor.Key["merged.".Length..]).Value.ToArray());
        adapters.Unmerge();
        AssertSame(beside, Values(model));
        AssertNear(reference["output.logits"], Logits(model, reference));

        adapters.Merge();
        adapters.Detach();
        AssertSame(before, Values(model));
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
        Assert.Throws<InvalidOperationException>(adapters.Merge);

        Adapters.Load(model, Path.Combine(folder, "adapter")).MergeAndUnload();
        Assert.Equal(before.Keys, Values(model).Keys);
        AssertNear(reference["output.merged.logits"], Logits(model, reference));
    }

    [Theory]
    [InlineData("peft-lora-bert")]
    [InlineData("peft-ia3-bert")]
    [InlineData("peft-lora-gpt2")]
    public void Loss_and_gradients_are_PEFTs(string golden)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        // the reference was run without dropout
        string config = File.ReadAllText(Path.Combine(folder, "adapter", "adapter_config.json"));
        File.WriteAllText(Path.Combine(scratch.FullName, "adapter_config.json"), config.Replace("\"lora_dropout\": 0.1", "\"lora_dropout\": 0.0", StringComparison.Ordinal));
        File.Copy(Path.Combine(folder, "adapter", "adapter_model.safetensors"), Path.Combine(scratch.FullName, "adapter_model.safetensors"));
        using var reference = Checkpoint.Open(Path.Combine(folder, "reference.safetensors"));
        using var model = PretrainedModel.Open(Path.Combine(folder, "base"), withoutDropout: true);
        Adapters.Load(model, scratch.FullName, isTrainable: true);

        using var pass = Pass.Train(device);
        var loss = model.Loss(model.Forward(pass, Batch(reference)), new TextTargets { Labels = [.. reference["input.labels"].ToInt64Array().Select(label => (int)label)] });
        AssertNear(reference["loss"], loss.Value.ToArray());
        var gradients = pass.Backward(loss);
        var learnt = model.Parameters().Where(parameter => !parameter.IsFrozen).ToDictionary(parameter => parameter.Name);
        foreach (var tensor in reference.Tensors.Where(tensor => tensor.Key.StartsWith("grad.", StringComparison.Ordinal)))
        {
            string name = tensor.Key["grad.base_model.model.".Length..].Replace(".modules_to_save", "", StringComparison.Ordinal).Replace(".default", "", StringComparison.Ordinal);
            Assert.True(learnt.Remove(name, out var parameter), name);
            AssertNear(tensor, gradients.Of(parameter)!.ToArray(), 1e-4);
        }
        Assert.Empty(learnt);
        Assert.All(model.Parameters().Where(parameter => parameter.IsFrozen), parameter => Assert.Null(gradients.Of(parameter)));
    }

    [Theory]
    [InlineData("peft-lora-bert")]
    [InlineData("peft-ia3-bert")]
    [InlineData("peft-lora-gpt2")]
    public void A_written_adapter_has_PEFTs_keys_shapes_and_values(string golden)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        using var model = PretrainedModel.Open(Path.Combine(folder, "base"));
        var adapters = Adapters.Load(model, Path.Combine(folder, "adapter"));
        string enabled = Path.Combine(scratch.FullName, "enabled"), detached = Path.Combine(scratch.FullName, "detached");
        adapters.Save(enabled);
        adapters.Detach();
        adapters.Save(detached);
        using var expected = Checkpoint.Open(Path.Combine(folder, "adapter", "adapter_model.safetensors"));
        foreach (string written in (string[])[enabled, detached])
        {
            using var actual = Checkpoint.Open(Path.Combine(written, "adapter_model.safetensors"));
            Assert.Equal("pt", actual.Metadata["format"]);
            Assert.Equal(expected.Tensors.Select(tensor => tensor.ToString()).Order(), actual.Tensors.Select(tensor => tensor.ToString()).Order());
            foreach (var tensor in expected.Tensors) Assert.Equal(tensor.ToSingleArray(), actual[tensor.Key].ToSingleArray());
            var settings = JsonFile.Read(Path.Combine(folder, "adapter", "adapter_config.json")).Element.EnumerateObject();
            var own = JsonFile.Read(Path.Combine(written, "adapter_config.json")).Element;
            Assert.All(settings, member => Assert.Equal(Plain(member.Value), Plain(own.GetProperty(member.Name))));
            Adapters.Load(model, written).Detach();
        }
        // the older name, whatever the bytes are
        File.Move(Path.Combine(detached, "adapter_model.safetensors"), Path.Combine(detached, "adapter_model.bin"));
        Assert.Equal(adapters.AdapterParameters, Adapters.Load(model, detached).AdapterParameters);
    }

    private static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture) : string.Concat(value.GetRawText().Where(letter => !char.IsWhiteSpace(letter)));

    private static Dictionary<string, float[]> Values(TextModel model) => model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());

    private static void AssertSame(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, numbers) in expected) Assert.Equal(numbers, actual[name]);
    }

    private static void AssertNear(StoredTensor expected, float[] actual, double tolerance = Tolerance)
    {
        float[] numbers = expected.ToSingleArray();
        Assert.Equal(numbers.Length, actual.Length);
        double allowed = tolerance * Math.Max(1, numbers.Max(Math.Abs));
        for (int i = 0; i < numbers.Length; i++) Assert.True(Math.Abs(numbers[i] - actual[i]) <= allowed, $"{expected.Key}[{i}] is {actual[i]}, not {numbers[i]}");
    }

    private static TextBatch Batch(Checkpoint reference)
    {
        var ids = reference["input.input_ids"];
        return new TextBatch(ids.Shape[0], ids.Shape[1], Integers("input_ids")!, Integers("token_type_ids"), Integers("attention_mask"));

        int[]? Integers(string name) => reference.TryGet($"input.{name}", out var tensor) ? [.. tensor.ToInt64Array().Select(number => (int)number)] : null;
    }

    private float[] Logits(TextModel model, Checkpoint reference)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, Batch(reference))["logits"].Value.ToArray();
    }
}
