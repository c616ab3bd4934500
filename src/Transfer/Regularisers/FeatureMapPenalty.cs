using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>DELTA (Li et al. 2019): what a network makes of its inputs is to stay near what it made of them before it was fine-tuned, channel by channel, by how
/// much each channel matters for the new task.</summary>
public static class FeatureMapPenalty
{
    /// <summary>Half the weighted squared distance of two feature maps: C / (2 H W) times the sum of w_c |map_c - start_c|^2 over channels, a mean over N.</summary>
    /// <param name="map">[N, C, H, W], or tokens [N, T, C].</param>
    /// <param name="start">What the network made of the same inputs before; nothing is learnt by it.</param>
    /// <param name="attention">w [C], of sum 1; empty for 1 / C each.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are not as many weights as channels.</exception>
    public static Variable Of(Variable map, Variable start, ReadOnlySpan<float> attention = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(start);
        if (map.Shape != start.Shape || map.Shape.Rank is not (3 or 4))
            ShapeException.Throw("feature map penalty", $"{map.Shape} and {start.Shape}", "both are [N, C, H, W] or [N, T, C], of one shape");
        bool areTokens = map.Shape.Rank == 3;
        int channels = map.Shape[areTokens ? 2 : 1];
        float scale = 0.5f * channels / map.Shape.ElementCount * channels;
        var distance = (map - start.Detach()).Square();
        if (attention.IsEmpty) return distance.Sum() * (scale / channels);
        if (attention.Length != channels)
            ShapeException.Throw("feature map penalty", $"attention [{attention.Length}] and {map.Shape}", $"there has to be a weight for each of the {channels} channels");
        var weights = map.Pass.Constant(map.Pass.Upload<float>(areTokens ? [1, 1, channels] : [1, channels, 1, 1], attention));
        return (distance * weights).Sum() * scale;
    }

    /// <summary>How much each channel of a stage matters: the softmax over channels of how much larger the loss is without it. The model has a head for the new task;
    /// it is run once for each channel.</summary>
    /// <param name="model">The network before its fine-tuning, with a trained head.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="stage">A stage of the trunk.</param>
    /// <param name="batches">Pictures [N, 3, H, W] with their classes.</param>
    /// <exception cref="ArgumentException">The model has no such stage, or it is the head; or there is no batch.</exception>
    public static float[] Attention(ImageModel model, Device device, string stage, IReadOnlyList<(Tensor<float> Images, int[] Labels)> batches)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Count == 0) throw new ArgumentException("there is no batch to see by how much a channel matters", nameof(batches));
        string[] names = [.. model.Stages.Select(static known => known.Name)];
        int at = Array.IndexOf(names, stage);
        if (at < 0 || at == names.Length - 1)
            throw new ArgumentException($"{model.Name} has no stage '{stage}' in its trunk, which is {string.Join(", ", names.SkipLast(1))}", nameof(stage));
        double[]? more = null;
        foreach (var (images, labels) in batches)
        {
            using var outer = Pass.Infer(device);
            var map = model.ForwardTo(outer.Constant(images), stage).Value;
            bool areTokens = map.Shape.Rank == 3;
            int channels = map.Shape[areTokens ? 2 : 1];
            more ??= new double[channels];
            double whole = Loss(null);
            for (int channel = 0; channel < channels; channel++) more[channel] += (Loss(channel) - whole) / batches.Count;

            double Loss(int? without)
            {
                using var pass = Pass.Infer(device);
                var x = pass.Constant(map);
                if (without is { } channel)
                {
                    var kept = new float[channels];
                    kept.AsSpan().Fill(1f);
                    kept[channel] = 0;
                    x *= pass.Constant(pass.Upload<float>(areTokens ? [1, 1, channels] : [1, channels, 1, 1], kept));
                }
                var logits = at == names.Length - 2 ? model.ForwardHead(x) : model.ForwardFrom(x, names[at + 1]);
                return logits.CrossEntropy(labels).Value.ToArray()[0];
            }
        }
        double largest = more!.Max(), sum = more!.Sum(value => Math.Exp(value - largest));
        return Array.ConvertAll(more!, value => (float)(Math.Exp(value - largest) / sum));
    }
}
