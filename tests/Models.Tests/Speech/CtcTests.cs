using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>The loss against PyTorch's (Golden/make_ctc.py), decoding against every alignment.</summary>
public sealed class CtcTests
{
    private const int Frames = 7, Classes = 5;

    [Fact]
    public void Losses_and_gradients_are_PyTorchs()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Speech", "Golden", "ctc.json")));
        foreach (var one in golden.RootElement.EnumerateArray())
        {
            var reduction = one.GetProperty("reduction").GetString() switch { "mean" => CtcReduction.Mean, "sum" => CtcReduction.Sum, _ => CtcReduction.None };
            int[][] labels = [.. one.GetProperty("labels").EnumerateArray().Select(Integers)];
            using var pass = Pass.Train(Device.Cpu);
            var logits = pass.Leaf(pass.Upload<float>([labels.Length, Frames, Classes], Logits(labels.Length)));
            var loss = logits.CtcLoss(labels, Integers(one.GetProperty("lengths")), one.GetProperty("blank").GetInt32(), reduction, one.GetProperty("zero").GetBoolean());
            Close(Numbers(one.GetProperty("loss")), loss.Value.ToArray());
            Close(Numbers(one.GetProperty("gradient")), pass.Backward(reduction == CtcReduction.None ? loss.Sum() : loss).Of(logits)!.ToArray());
        }
    }

    [Fact]
    public void More_labels_than_frames_have_no_alignment()
    {
        using var pass = Pass.Train(Device.Cpu);
        var logits = pass.Leaf(pass.Upload<float>([1, 3, 2], new float[6]));
        var loss = logits.CtcLoss([[1, 1, 1]], [3]);
        Assert.Equal(float.PositiveInfinity, loss.Value.ToArray()[0]);
        Assert.All(pass.Backward(loss).Of(logits)!.ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Labels_and_lengths_that_do_not_fit_are_refused()
    {
        using var pass = Pass.Infer(Device.Cpu);
        var logits = pass.Constant(pass.Upload<float>([1, 3, 2], new float[6]));
        Assert.Contains("label 0", Assert.Throws<ArgumentException>(() => logits.CtcLoss([[0]], [3])).Message, StringComparison.Ordinal);
        Assert.Contains("label 2", Assert.Throws<ArgumentException>(() => logits.CtcLoss([[2]], [3])).Message, StringComparison.Ordinal);
        Assert.Contains("4 frames", Assert.Throws<ArgumentException>(() => logits.CtcLoss([[1]], [4])).Message, StringComparison.Ordinal);
        Assert.Contains("blank 9", Assert.Throws<ArgumentException>(() => logits.CtcLoss([[1]], [3], blank: 9)).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => logits.CtcLoss([[1], [1]], [3]));
    }

    [Fact]
    public void Greedy_takes_repetitions_once_and_blanks_never()
    {
        int[] best = [1, 1, 0, 1, 2, 2, 0, 0, 2];
        var logits = new float[best.Length * 3];
        for (int frame = 0; frame < best.Length; frame++) logits[frame * 3 + best[frame]] = 1;
        var labels = new CtcDecoder(3).Greedy(logits);
        Assert.Equal([(1, 0), (1, 3), (2, 4), (2, 8)], labels.Select(label => (label.Label, label.Frame)));
        Assert.Empty(new CtcDecoder(3).Greedy([]));
        Assert.Throws<ArgumentException>(() => new CtcDecoder(3).Greedy(new float[4]));
    }

    [Fact]
    public void A_wide_beam_finds_every_sequence_with_its_probability()
    {
        const int Few = 4, Kinds = 3;
        float[] logits = Logits(1)[..(Few * Kinds)];
        var sums = new Dictionary<string, double>();
        for (int path = 0; path < 81; path++)
        {
            double log = 0;
            var labels = new List<int>();
            for (int frame = 0, rest = path, before = 0; frame < Few; frame++, rest /= Kinds)
            {
                int label = rest % Kinds;
                var row = logits.AsSpan(frame * Kinds, Kinds);
                double all = Math.Exp(row[0]) + Math.Exp(row[1]) + Math.Exp(row[2]);
                log += row[label] - Math.Log(all);
                if (label != 0 && label != before) labels.Add(label);
                before = label;
            }
            string key = string.Join(' ', labels);
            sums[key] = sums.GetValueOrDefault(key) + Math.Exp(log);
        }
        var found = new CtcDecoder(Kinds).Beam(logits, beams: 1000);
        Assert.Equal(sums.Count, found.Count);
        foreach (var one in found) Assert.Equal(sums[string.Join(' ', one.Labels)], Math.Exp(one.LogProbability), 1e-9);
        Assert.Equal(found.OrderByDescending(one => one.LogProbability), found);
        Assert.Equal(found[0].Labels, new CtcDecoder(Kinds).Beam(logits, beams: 8)[0].Labels);
        var steered = new CtcDecoder(Kinds).Beam(logits, beams: 50, (_, label) => label == 2 ? -100 : 0);
        Assert.DoesNotContain(2, steered[0].Labels);
    }

    private static float[] Logits(int sequences) =>
        [.. Enumerable.Range(0, sequences * Frames * Classes).Select(index => (float)(2 * Math.Sin(index * 0.7 + 0.3 * (index % 11))))];

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    private static void Close(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int at = 0; at < expected.Length; at++) Assert.Equal(expected[at], actual[at], 2e-6 * Math.Max(1, Math.Abs(expected[at])));
    }
}
