using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>Prototypical networks over episodes of drawings.</summary>
internal sealed class Prototypes(FourBlocks model, Characters characters, EpisodeDraw draw, int episodes, ulong? variation = null) : ITrainingSet
{
    public int BatchesPerEpoch => episodes;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        for (int number = 0; number < episodes; number++) yield return new Batch(this, (long)epoch * episodes + number);
    }

    /// <summary>The share of queries that are nearest to their own class, over episodes.</summary>
    public static double Accuracy(FourBlocks model, Characters characters, EpisodeDraw draw, int episodes, Device device)
    {
        int right = 0, asked = 0;
        for (int number = 0; number < episodes; number++)
        {
            var episode = draw.At(number);
            // statistics of the episode, as in training
            using var pass = Pass.Train(device);
            float[] logits = Logits(model, characters, pass, episode).Value.ToArray();
            pass.DiscardDeferred();
            right += Shares.Right(logits, episode.Ways, episode.QueryLabels);
            asked += episode.Queries.Count;
        }
        return (double)right / asked;
    }

    private static Variable Logits(FourBlocks model, Characters characters, Pass pass, Episode episode, Func<float[], int, float[]>? varied = null)
    {
        var features = model.Features(FourBlocks.Input(pass, characters, [.. episode.Support, .. episode.Queries], varied));
        int support = episode.Support.Count;
        return PrototypicalNetwork.Logits(features.Slice(0, support, episode.Queries.Count), PrototypicalNetwork.Prototypes(features.Slice(0, 0, support), episode.Ways));
    }

    private Variable Loss(Pass pass, Episode episode, long number)
    {
        int drawings = episode.Support.Count + episode.Queries.Count;
        var random = new RandomStream(variation ?? 0, "variation");
        return Logits(model, characters, pass, episode, variation is null ? null : (image, place) => Characters.Varied(image, random, (ulong)(number * drawings + place)))
            .CrossEntropy(episode.QueryLabels);
    }

    private sealed class Batch(Prototypes set, long number) : ITrainingBatch
    {
        private readonly Episode episode = set.EpisodeAt(number);

        public int Count => episode.Queries.Count;

        public Variable Loss(Pass pass) => set.Loss(pass, episode, number);
    }

    private Episode EpisodeAt(long number) => draw.At(number);
}

/// <summary>Counts right answers.</summary>
internal static class Shares
{
    public static int Right(float[] logits, int classes, int[] labels)
    {
        int right = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            var one = logits.AsSpan(row * classes, classes);
            int best = 0;
            for (int i = 1; i < classes; i++)
                if (one[i] > one[best]) best = i;
            if (best == labels[row]) right++;
        }
        return right;
    }
}
