using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>Baseline++ (Chen et al. 2019): all characters are told apart at once by cosines, and a new head is fitted to the few drawings of an episode.</summary>
internal sealed class Baseline(FourBlocks model, CosineHead head, Characters characters, int batches, ulong seed) : ITrainingSet
{
    private const int BatchSize = 128;

    public int BatchesPerEpoch => batches;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        for (int number = 0; number < batches; number++) yield return new Batch(this, (long)epoch * batches + number);
    }

    /// <summary>The share of queries that heads fitted to episodes answer rightly.</summary>
    public static double Accuracy(FourBlocks model, Characters characters, EpisodeDraw draw, int episodes, Device device)
    {
        int right = 0, asked = 0;
        for (int number = 0; number < episodes; number++)
        {
            var episode = draw.At(number);
            using var pass = Pass.Train(device);
            var features = model.Features(FourBlocks.Input(pass, characters, [.. episode.Support, .. episode.Queries]));
            float[][] rows = [.. features.Value.ToArray().Chunk(features.Shape[1])];
            pass.DiscardDeferred();
            var head = CosineHead.Fit(rows[..episode.Support.Count], episode.SupportLabels, device);
            int[] answers = head.Answers(rows[episode.Support.Count..], device);
            right += answers.Zip(episode.QueryLabels).Count(static pair => pair.First == pair.Second);
            asked += answers.Length;
        }
        return (double)right / asked;
    }

    private sealed class Batch(Baseline set, long number) : ITrainingBatch
    {
        public int Count => BatchSize;

        public Variable Loss(Pass pass) => set.Loss(pass, number);
    }

    private Variable Loss(Pass pass, long number)
    {
        RandomStream chosen = new(seed, "drawings"), variation = new(seed, "variation");
        int[] drawings = [.. Enumerable.Range(0, BatchSize).Select(place => chosen.Below(characters.Images.Count, (ulong)(number * BatchSize + place)))];
        var features = model.Features(FourBlocks.Input(pass, characters, drawings, (image, place) => Characters.Varied(image, variation, (ulong)(number * BatchSize + place))));
        return head.Forward(features).CrossEntropy([.. drawings.Select(drawing => characters.Labels[drawing])]);
    }
}
