using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Models whose weights are kept in bfloat16 and int8, beside the same numbers in single precision.</summary>
public sealed class WeightPrecisionTests : IDisposable
{
    private static readonly string[] Configs =
    [
        """{"architectures": ["GPT2LMHeadModel"], "vocab_size": 90, "n_embd": 48, "n_layer": 2, "n_head": 2, "n_positions": 30}""",
        """
        {"architectures": ["LlamaForCausalLM"], "vocab_size": 90, "hidden_size": 48, "intermediate_size": 70, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 30}
        """,
        """{"architectures": ["BertForMaskedLM"], "vocab_size": 90, "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 70, "max_position_embeddings": 30}""",
    ];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    public static TheoryData<int, WeightPrecision> Models
    {
        get
        {
            var rows = new TheoryData<int, WeightPrecision>();
            for (int config = 0; config < Configs.Length; config++)
            {
                rows.Add(config, WeightPrecision.BFloat16);
                rows.Add(config, WeightPrecision.Int8);
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_forward_is_that_of_the_same_numbers_in_single_precision(int config, WeightPrecision precision)
    {
        using TextModel kept = Make(config), same = Make(config);
        Round(same, precision);
        kept.ConvertWeights(precision);
        float[] expected = Logits(same), actual = Logits(kept);
        if (precision == WeightPrecision.BFloat16) Assert.Equal(expected, actual);
        else
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5f);
        Assert.NotEqual(Logits(Make(config)), actual);
    }

    [Theory]
    [InlineData(0, WeightPrecision.BFloat16)]
    [InlineData(0, WeightPrecision.Int8)]
    [InlineData(1, WeightPrecision.BFloat16)]
    [InlineData(1, WeightPrecision.Int8)]
    public void Steps_are_those_of_whole_texts_and_allocate_nothing(int config, WeightPrecision precision)
    {
        using var model = Make(config);
        model.ConvertWeights(precision);
        using var step = model.CreateDecodingStep(device);
        int vocabulary = step.Vocabulary;
        var logits = new float[2 * vocabulary];
        step.Begin([[3, 5, 7], [4]], copies: 1, capacity: 12, logits);
        step.Continue([1, 2], logits);
        step.Continue([8, 9], logits);
        using (var pass = Pass.Infer(device))
        {
            float[] whole = model.Forward(pass, model.Pad([[3, 5, 7, 1, 8]]))["logits"].Value.ToArray();
            for (int token = 0; token < vocabulary; token++) Assert.Equal(whole[whole.Length - vocabulary + token], logits[token], 1e-5f);
        }
        int[] tokens = [1, 2];
        Allocations.None(
            () =>
            {
                for (int token = 0; token < 2; token++) step.Continue(tokens, logits);
            },
            tries: 3);
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16, 0.55)]
    [InlineData(WeightPrecision.Int8, 0.32)]
    public void The_memory_of_single_numbers_goes_back(WeightPrecision precision, double share)
    {
        using var own = new CpuDevice(1);
        using var model = PretrainedModel.Create(
            JsonFile.Parse("""{"architectures": ["GPT2LMHeadModel"], "vocab_size": 3000, "n_embd": 256, "n_layer": 4, "n_head": 4, "n_positions": 64}"""u8.ToArray(), "config.json"), seed: 1);
        foreach (var parameter in model.Parameters()) parameter.ValueOn(own);
        long before = own.BytesTaken;
        var weight = model.Parameters().First();
        var single = weight.Value;
        model.ConvertWeights(precision);
        own.TrimMemory();
        Assert.False(single.IsAlive);
        Assert.Equal(precision, weight.Precision);
        Assert.True(own.BytesTaken < share * before, $"{before} bytes became {own.BytesTaken}");
    }

    [Fact]
    public void Training_changing_and_saving_are_refused_in_a_line_that_says_what_to_do()
    {
        using TextModel model = Make(0), other = Make(0);
        model.ConvertWeights(WeightPrecision.Int8);
        Refused(() =>
        {
            using var pass = Pass.Train(device);
            model.Forward(pass, model.Pad([[1, 2, 3]]));
        });
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Refused(() => model.Save(file));
        Assert.False(File.Exists(file));
        Refused(() => model.CopyWeightsFrom(other));
        Refused(() => model.ConvertWeights(WeightPrecision.BFloat16));
        Refused(() => model.ConvertWeights(WeightPrecision.Float32));
        other.ConvertWeights(WeightPrecision.Float32);
        Assert.Equal(WeightPrecision.Float32, other.Parameters().First().Precision);

        static void Refused(Action action)
        {
            string message = Assert.Throws<InvalidOperationException>(action).Message;
            Assert.Contains("is kept in Int8 for inference", message, StringComparison.Ordinal);
            Assert.Contains("load the model again", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_recording_of_the_single_numbers_does_not_run_on()
    {
        using var model = Make(0);
        using var step = model.CreateDecodingStep(device);
        var logits = new float[step.Vocabulary];
        step.Begin([[3, 5]], copies: 1, capacity: 12, logits);
        step.Continue([1], logits);
        model.ConvertWeights(WeightPrecision.Int8);
        Assert.ThrowsAny<InvalidOperationException>(() => step.Continue([1], logits));
    }

    [Theory]
    [InlineData("gpt2-lm")]
    [InlineData("llama-lm")]
    [InlineData("t5-s2s")]
    [InlineData("bart-s2s")]
    [InlineData("marian-mt")]
    public void Published_kinds_are_loaded_so_and_stay_near(string folder)
    {
        string path = Path.Combine(RealData.Require("hf-goldens"), folder);
        using var single = PretrainedModel.Open(path);
        float[] expected = Logits(single);
        double size = expected.Max(Math.Abs);
        foreach (var (precision, tolerance) in new[] { (WeightPrecision.BFloat16, 0.02), (WeightPrecision.Int8, 0.05) })
        {
            var (model, _) = PretrainedModel.Open(path, new LoadOptions { Precision = precision });
            using (model)
            {
                float[] actual = Logits(model);
                double largest = expected.Zip(actual, static (wanted, got) => Math.Abs((double)wanted - got)).Max();
                Assert.True(largest <= tolerance * size, $"{precision}: {largest} of {size}");
                Assert.NotEqual(expected, actual);
            }
        }
    }

    private float[] Logits(TextModel model)
    {
        using var pass = Pass.Infer(device);
        var batch = model.Pad([[1, 2, 3, 4, 5, 6, 7], [8, 9, 10]]);
        if (model is EncoderDecoderModel writer) batch = writer.WithLabels(batch, [3, 4, 5, 3, 6, 7]);
        return model.Forward(pass, batch)["logits"].Value.ToArray();
    }

    /// <summary>What the other precision keeps, written back into single numbers by other means.</summary>
    private static void Round(TextModel model, WeightPrecision precision)
    {
        foreach (var module in model.Descendants())
        {
            var (weight, axis) = module switch
            {
                Linear linear => (linear.Weight, linear.IsTransposed ? 1 : 0),
                Embedding embedding => (embedding.Weight, 0),
                _ => (null, 0),
            };
            if (weight is null) continue;
            int rows = weight.Shape[0], columns = weight.Shape[1];
            _ = weight.Value;
            weight.Fill(numbers =>
            {
                float[] largest = new float[axis == 0 ? rows : columns];
                for (int i = 0; i < numbers.Length; i++)
                {
                    int line = axis == 0 ? i / columns : i % columns;
                    largest[line] = Math.Max(largest[line], Math.Abs(numbers[i]));
                }
                for (int i = 0; i < numbers.Length; i++)
                {
                    float scale = largest[axis == 0 ? i / columns : i % columns] / 127;
                    numbers[i] = precision == WeightPrecision.Int8 ? scale == 0 ? 0 : MathF.Round(numbers[i] / scale) * scale
                        : BitConverter.UInt32BitsToSingle(WeightRounding.ToBFloat16(BitConverter.SingleToUInt32Bits(numbers[i])) << 16);
                }
            });
        }
    }

    private static TextModel Make(int config) => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Configs[config]), "config.json"), seed: 1);
}
