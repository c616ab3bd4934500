using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A network as it was before its fine-tuning, near whose feature maps it is held (<see cref="FeatureMapPenalty"/>).</summary>
internal sealed class ImageStart : IDisposable
{
    /// <summary>How many batches channels are judged by.</summary>
    private const int Judging = 2;

    private readonly ImageModel start;
    private readonly float strength;
    private readonly string head;
    private readonly Dictionary<string, float[]> attention = [];

    /// <param name="model">The network that is to learn.</param>
    /// <param name="strength">How strongly it is held.</param>
    public ImageStart(ImageModel model, double strength)
    {
        this.strength = (float)strength;
        string[] names = [.. model.Stages.Select(static stage => stage.Name)];
        head = names[^1];
        // the first stage of several is left alone, as in the paper's networks
        string[] trunk = names[..^1];
        Stages = trunk.Length > 1 ? trunk[1..] : trunk;
        if (Stages.Count == 0) throw new ArgumentException($"{model.Name} has no trunk whose feature maps could be held: leave the penalty out");
        if (model.HasAuxiliaryHeads) throw new ArgumentException($"{model.Name} has auxiliary heads, with which feature maps are not held: leave the penalty out");
        start = model.Remake(model.Classes, seed: 0);
        start.CopyWeightsFrom(model);
    }

    /// <summary>The stages whose maps are held.</summary>
    public IReadOnlyList<string> Stages { get; }

    /// <summary>Judges channels by the loss without each of them, with a head that learns on the trunk as it is first.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="data">What the head learns from, made for a model.</param>
    /// <param name="batches">Pictures in batches, and each picture's class.</param>
    /// <param name="labelOf">A picture's class.</param>
    /// <param name="seed">The seed of the head's training.</param>
    /// <param name="cancellation">Ends the work; what is not judged by then counts alike.</param>
    public void Judge(
        Device device, Func<ImageModel, ITrainingSet> data, IEnumerable<ImageBatch> batches, Func<int, int> labelOf, ulong seed, CancellationToken cancellation)
    {
        if (start.IsHeadNew) new FineTuner(start, device, new FineTuneOptions { Strategy = FineTuneStrategy.LinearProbe, Seed = seed }).FineTune(data(start), cancellation: cancellation);
        var judged = new List<(Tensor<float> Images, int[] Labels)>();
        try
        {
            foreach (var batch in batches.Take(Judging))
            {
                using (batch)
                {
                    var images = device.Rent<float>(batch.Images.Shape, MemoryFormat.ChannelsLast);
                    images.CopyFrom(batch.Images.ToArray());
                    judged.Add((images, [.. batch.Indices.Select(labelOf)]));
                }
            }
            foreach (string stage in Stages)
            {
                if (cancellation.IsCancellationRequested) return;
                attention[stage] = FeatureMapPenalty.Attention(start, device, stage, judged);
            }
        }
        finally
        {
            foreach (var (images, _) in judged) images.Dispose();
        }
    }

    /// <summary>The outputs for pictures, and how far their maps are from those of the start.</summary>
    public (Variable Logits, Variable Penalty) Run(ImageModel model, Pass pass, ImageBatch pictures)
    {
        var maps = model.FeatureMaps(pictures.On(pass), [.. Stages, head]);
        using var before = Pass.Infer(pass.Device);
        var starts = start.FeatureMaps(pictures.On(before), Stages);
        Variable? sum = null;
        foreach (string stage in Stages)
        {
            // the values outlive their pass as a part of this one
            var kept = pass.RentLike(starts[stage].Value);
            pass.Device.Copy(starts[stage].Value, kept);
            var one = FeatureMapPenalty.Of(maps[stage], pass.Constant(kept), attention.GetValueOrDefault(stage));
            sum = sum is null ? one : sum + one;
        }
        return (maps[head], sum! * strength);
    }

    public void Dispose() => start.Dispose();
}
