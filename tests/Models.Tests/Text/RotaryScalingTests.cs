using System.Text;

namespace Graft.Models.Tests;

/// <summary>Frequencies of rotary positions beside numbers that NumPy made of the published formulas (16 numbers a head).</summary>
public sealed class RotaryScalingTests
{
    [Theory]
    [InlineData("", 1, "1 0.316227766 0.1 0.0316227766 0.01 0.00316227766 0.001 0.000316227766")]
    [InlineData(""" "rope_scaling": {"type": "linear", "factor": 4.0} """, 1, "0.25 0.0790569415 0.025 0.00790569415 0.0025 0.000790569415 0.00025 7.90569415e-05")]
    [InlineData(""" "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64} """, 1,
        "1 0.244384599 0.013042256 0.00395284708 0.00125 0.000395284708 0.000125 3.95284708e-05")]
    [InlineData(""" "rope_parameters": {"rope_theta": 10000, "rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64} """, 1.138629436111989,
        "1 0.237170825 0.05 0.00790569415 0.0025 0.000790569415 0.00025 7.90569415e-05")]
    public void Frequencies_follow_from_the_config(string member, double factor, string expected)
    {
        var scaling = RotaryScaling.Read(HubConfig.Parse(Encoding.UTF8.GetBytes($"{{{member}}}"), "config.json"), width: 16, positions: 64);
        Assert.Equal(factor, scaling.Factor, 1e-6);
        double[] numbers = [.. expected.Split(' ').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(numbers.Length, scaling.Frequencies.Length);
        for (int i = 0; i < numbers.Length; i++) Assert.Equal(numbers[i], scaling.Frequencies[i], 1e-6 * numbers[i]);
    }

    [Fact]
    public void What_is_not_built_is_named()
    {
        foreach (var (member, said) in new[]
        {
            (""" "rope_scaling": {"rope_type": "longrope"} """, "'rope_scaling.rope_type' is 'longrope'"), (""" "rope_scaling": {"type": "linear"} """, "'rope_scaling.factor' is missing"),
            (""" "rope_scaling": {"type": "linear", "factor": -1} """, "above 0"), (""" "rope_theta": 0.5 """, "rope_theta"),
        })
            Assert.Contains(said, Assert.Throws<CheckpointException>(() => RotaryScaling.Read(HubConfig.Parse(Encoding.UTF8.GetBytes($"{{{member}}}"), "config.json"), 16, 64)).Message, StringComparison.Ordinal);
    }
}
