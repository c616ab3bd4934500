using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Transfer;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>A step over each kind of adapter on the simulated card beside the CPU's.</summary>
public sealed class AdaptersOnGpuTests
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1,
            "intermediate_size": 6, "max_position_embeddings": 8, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.2
        }
        """;

    // the simulation takes seconds for each: of those that are one layer in two places, one
    public static TheoryData<string> Kinds => [.. AdapterKind.All.Except([AdapterKind.Lora, AdapterKind.Pfeiffer]).Select(static kind => kind.Name)];

    [Theory, MemberData(nameof(Kinds))]
    public void A_step_is_the_CPUs(string kind)
    {
        using var cpu = new CpuDevice(1);
        var (expected, actual) = (Step(kind, cpu), Step(kind, Simulated.Device));
        Assert.Equal(expected.Keys, actual.Keys);
        // the gradient of a key's bias is nothing but rounding: attention does not see it
        double largest = expected.Where(static one => one.Key.EndsWith("bias", StringComparison.Ordinal)).SelectMany(static one => one.Value).Select(Math.Abs).DefaultIfEmpty().Max();
        foreach (var (name, numbers) in expected)
        {
            double scale = Math.Max(numbers.Max(Math.Abs), largest / 100);
            Assert.True(scale > 0, name);
            for (int i = 0; i < numbers.Length; i++)
                Assert.True(Math.Abs(numbers[i] - actual[name][i]) <= 2e-4 * scale, $"{name}[{i}]: {numbers[i]} and {actual[name][i]}");
        }
    }

    /// <summary>The loss and the gradients of what learns, and the weights a step later.</summary>
    private static Dictionary<string, float[]> Step(string kind, Device device)
    {
        using var model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);
        Adapters.Attach(model, new AdapterOptions { Kind = AdapterKind.All.Single(one => one.Name == kind), VirtualTokens = kind.Contains("tuning", StringComparison.Ordinal) ? 2 : null }.ConfigFor(model, []));
        int wave = 0;
        foreach (var parameter in model.Parameters().Where(static one => !one.IsFrozen))
        {
            float phase = ++wave;
            parameter.Fill(numbers =>
            {
                for (int i = 0; i < numbers.Length; i++) numbers[i] += 0.2f * MathF.Sin(phase + i);
            });
        }
        var groups = new ParameterGroups(model);
        groups.Rates(0.5);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0);
        var values = new Dictionary<string, float[]>(StringComparer.Ordinal);
        using (var pass = Pass.Train(device, seed: 1))
        {
            var loss = model.Loss(pass, TextBatch.Pad([[2, 7, 3], [2, 3]], paddingToken: 0), new TextTargets { Labels = [0, 1] });
            values["loss"] = loss.Value.ToArray();
            var gradients = pass.Backward(loss);
            foreach (var parameter in model.Parameters())
                if (gradients.Of(parameter) is { } gradient) values[parameter.Name] = gradient.ToArray();
            optimiser.Step(gradients);
        }
        foreach (var parameter in model.Parameters().Where(static one => !one.IsFrozen)) values[parameter.Name + " moved"] = parameter.Value.ToArray();
        return values;
    }
}
