using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>What is put into a model rather than beside its weights: bottlenecks, prefixes, prompts.</summary>
public sealed class InsertedAdapterTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 32, "max_position_embeddings": 16, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.2
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
    public void A_prefix_of_Hugging_Faces_own_keys_and_values_gives_its_logits()
    {
        string golden = RealData.Require("hf-goldens/gpt2-lm");
        using var model = PretrainedModel.Open(golden, withoutDropout: true);
        using var reference = Checkpoint.Open(Path.Combine(golden, "reference.safetensors"));
        const int Count = 3, Length = 12, Heads = 4, Width = 8, Words = 99;
        var tokens = new VirtualTokens(model, Count, isPrefix: true);
        for (int layer = 0; layer < 2; layer++)
        {
            for (int part = 0; part < 2; part++)
            {
                // [B, H, T, D] of the first sequence as [P, H D]
                float[] past = reference[$"output.past_key_values.{layer}.{part}"].ToSingleArray();
                tokens.Parameters[2 * layer + part].Fill(numbers =>
                {
                    for (int token = 0; token < Count; token++)
                        for (int head = 0; head < Heads; head++)
                            past.AsSpan((head * Length + token) * Width, Width).CopyTo(numbers[(token * Heads * Width + head * Width)..]);
                });
            }
        }
        tokens.Attach();
        int[] ids = [.. reference["input.input_ids"].ToInt64Array().Take(Length).Skip(Count).Select(id => (int)id)];
        float[] expected = reference["output.logits"].ToSingleArray()[(Count * Words)..(Length * Words)];
        using var pass = Pass.Infer(device);
        Near(expected, model.Forward(pass, new TextBatch(1, ids.Length, ids))["logits"].Value.ToArray());
        // beside a longer text, padded
        var padded = model.Forward(pass, TextBatch.Pad([ids[..4], ids], paddingToken: 0))["logits"].Value.ToArray();
        Near(expected[..(4 * Words)], padded[..(4 * Words)]);
        Near(expected, padded[(ids.Length * Words)..]);
        tokens.Detach();
        Assert.Null(model.VirtualTokens);
    }

    [Fact]
    public void A_prompt_of_words_is_those_words()
    {
        using var model = Bert();
        int[][] texts = [[2, 7, 9, 4, 3], [2, 5, 8, 3]];
        float[] expected = Logits(model, texts);
        var adapters = Adapters.Attach(model, new PromptTuningConfig { VirtualTokens = 1 });
        var prompt = model.Parameters().Single(parameter => !parameter.IsFrozen);
        float[] words = model.Parameters().Single(parameter => parameter.Name.EndsWith("word_embeddings.weight", StringComparison.Ordinal)).Value.ToArray();
        prompt.Fill(numbers => words.AsSpan(2 * 16, 16).CopyTo(numbers));
        Near(expected, Logits(model, [.. texts.Select(text => text[1..])]));
        Assert.Throws<InvalidOperationException>(adapters.Merge);
        Assert.Throws<ArgumentException>(() => Logits(model, [[.. Enumerable.Repeat(3, 16)]]));
        using (var captured = model.Capture(device, model.Pad([[7, 9, 4, 3], [5, 8, 3]])))
        {
            var logits = new float[4];
            captured.Run(model.Pad([[7, 9, 4, 3], [5, 8, 3]]), logits);
            Near(expected, logits);
        }
        adapters.Detach();
        Assert.Equal(expected, Logits(model, texts));

        using var decoder = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(
            """{"architectures": ["GPT2LMHeadModel"], "vocab_size": 20, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 12}"""), "config.json"), seed: 1, withoutDropout: true);
        var batch = new TextBatch(1, 4, [3, 5, 7, 9]);
        var targets = new TextTargets { Labels = [TextTargets.Ignored, TextTargets.Ignored, 7, 9] };
        float[] whole;
        float loss;
        using (var pass = Pass.Infer(device))
        {
            whole = decoder.Forward(pass, batch)["logits"].Value.ToArray();
            loss = decoder.Loss(pass, batch, targets).Value.ToArray()[0];
        }
        Adapters.Attach(decoder, new PromptTuningConfig { VirtualTokens = 2 });
        float[] table = decoder.Parameters().First(parameter => parameter.Name.EndsWith("wte.weight", StringComparison.Ordinal)).Value.ToArray();
        decoder.Parameters().Single(parameter => !parameter.IsFrozen).Fill(numbers =>
        {
            table.AsSpan(3 * 16, 16).CopyTo(numbers);
            table.AsSpan(5 * 16, 16).CopyTo(numbers[16..]);
        });
        using (var pass = Pass.Infer(device))
        {
            var rest = new TextBatch(1, 2, [7, 9]);
            Near(whole, decoder.Forward(pass, rest)["logits"].Value.ToArray());
            Assert.Equal(loss, decoder.Loss(pass, rest, new TextTargets { Labels = [7, 9] }).Value.ToArray()[0], 1e-5f);
            Assert.Equal(loss, decoder.Loss(decoder.Forward(pass, rest), new TextTargets { Labels = [7, 9] }).Value.ToArray()[0], 1e-5f);
        }
    }

    [Fact]
    public void A_linear_bottleneck_before_the_norm_is_a_change_of_the_map_before_it()
    {
        using var model = Bert();
        int[][] texts = [[2, 7, 9, 4, 3], [2, 5, 8, 3]];
        var adapters = Adapters.Attach(model, BottleneckConfig.Houlsby with { Activation = "identity", ReductionFactor = 8 });
        Assert.Equal(2 * 2 * (16 * 2 + 2 + 2 * 16 + 16), adapters.AdapterParameters);
        Spread(model);
        float[] expected = Logits(model, texts);
        var numbers = model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());
        adapters.Detach();
        Assert.NotEqual(expected, Logits(model, texts));
        foreach (string place in numbers.Keys.Where(name => name.EndsWith("adapter_up.weight", StringComparison.Ordinal)).Select(name => name[..name.IndexOf(".adapters.", StringComparison.Ordinal)]))
        {
            float[] down = numbers[$"{place}.adapters.default.adapter_down.0.weight"], downBias = numbers[$"{place}.adapters.default.adapter_down.0.bias"];
            float[] up = numbers[$"{place}.adapters.default.adapter_up.weight"], upBias = numbers[$"{place}.adapters.default.adapter_up.bias"];
            Change($"{place}.dense.weight", isBias: false);
            Change($"{place}.dense.bias", isBias: true);

            void Change(string name, bool isBias) => model.Parameters().Single(parameter => parameter.Name == name).Fill(own =>
            {
                float[] before = numbers[name];
                int columns = before.Length / 16;
                for (int row = 0; row < 16; row++)
                {
                    for (int column = 0; column < columns; column++)
                    {
                        double sum = before[row * columns + column] + (isBias ? upBias[row] : 0);
                        for (int i = 0; i < 2; i++)
                        {
                            double inner = isBias ? downBias[i] : 0;
                            for (int k = 0; k < 16; k++) inner += (double)down[i * 16 + k] * before[k * columns + column];
                            sum += up[row * 2 + i] * inner;
                        }
                        own[row * columns + column] = (float)sum;
                    }
                }
            });
        }
        Near(expected, Logits(model, texts));
    }

    [Fact]
    public void Files_are_AdapterHubs_and_PEFTs_and_are_read_back()
    {
        foreach (var (config, file, keys) in new (AdapterConfig, string, string[])[]
        {
            (BottleneckConfig.Pfeiffer with { ModulesToSave = ["classifier"], ReductionFactor = 8 }, "adapter.safetensors",
                [.. Enumerable.Range(0, 2).SelectMany(layer => new[]
                {
                    $"bert.encoder.layer.{layer}.output.adapters.default.adapter_down.0.bias [2]", $"bert.encoder.layer.{layer}.output.adapters.default.adapter_down.0.weight [2, 16]",
                    $"bert.encoder.layer.{layer}.output.adapters.default.adapter_up.bias [16]", $"bert.encoder.layer.{layer}.output.adapters.default.adapter_up.weight [16, 2]",
                })]),
            (new PrefixTuningConfig { VirtualTokens = 3, TaskType = "SEQ_CLS" }, "adapter_model.safetensors", ["base_model.classifier.bias [2]", "base_model.classifier.weight [2, 16]", "prompt_embeddings [3, 64]"]),
            (new PromptTuningConfig { VirtualTokens = 3, TaskType = "SEQ_CLS" }, "adapter_model.safetensors", ["base_model.classifier.bias [2]", "base_model.classifier.weight [2, 16]", "prompt_embeddings [3, 16]"]),
        })
        {
            using var model = Bert();
            int[][] texts = [[2, 7, 9, 4, 3], [2, 5, 8, 3]];
            float[] before = Logits(model, texts);
            var adapters = Adapters.Attach(model, config);
            Spread(model);
            float[] with = Logits(model, texts);
            Assert.NotEqual(before, with);
            string saved = Path.Combine(folder.FullName, config.PeftType);
            adapters.Save(saved);
            Assert.Throws<InvalidOperationException>(() => model.Save(Path.Combine(saved, "model.safetensors")));
            adapters.Detach();
            Assert.Equal(before, Logits(model, texts));
            using (var written = Checkpoint.Open(Path.Combine(saved, file)))
                Assert.Equal(keys.Order(StringComparer.Ordinal), written.Tensors.Select(tensor => $"{tensor.Key} {tensor.Shape}").Order(StringComparer.Ordinal));
            var again = Adapters.Load(model, saved);
            Assert.Equal(with, Logits(model, texts));
            Assert.Equal(["classifier"], again.SavedModules);
            again.Detach();
            Assert.Equal(before, Logits(model, texts));
        }
    }

    /// <summary>Gives what learns some numbers.</summary>
    private static void Spread(Model model)
    {
        int stream = 0;
        foreach (var parameter in model.Parameters().Where(parameter => !parameter.IsFrozen))
        {
            float[] waves = AdapterNumbers.Of(++stream, (int)parameter.Shape.ElementCount);
            parameter.Fill(numbers =>
            {
                for (int i = 0; i < waves.Length; i++) numbers[i] = 0.4f * waves[i];
            });
        }
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}");
    }

    private static TextModel Bert() => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);

    private float[] Logits(TextModel model, int[][] texts)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, TextBatch.Pad(texts, paddingToken: 0))["logits"].Value.ToArray();
    }
}
