using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.FewShot;

/// <summary>Learning by steps (MAML) over episodes of drawings.</summary>
internal static class Adapting
{
    public static MetaTask TaskOf(FourBlocks model, Characters characters, Episode episode) => new(
        pass => model.Forward(FourBlocks.Input(pass, characters, episode.Support)).CrossEntropy(episode.SupportLabels),
        pass => model.Forward(FourBlocks.Input(pass, characters, episode.Queries)).CrossEntropy(episode.QueryLabels), episode.Queries.Count);

    /// <summary>The share of queries that are answered right after the steps, over episodes.</summary>
    public static double Accuracy(FourBlocks model, ModelAgnostic method, Characters characters, EpisodeDraw draw, int episodes, Device device)
    {
        int right = 0, asked = 0;
        for (int number = 0; number < episodes; number++)
        {
            var episode = draw.At(number);
            var adapted = method.Adapt(TaskOf(model, characters, episode));
            using var pass = Pass.Train(device);
            adapted.SubstituteIn(pass);
            right += Shares.Right(model.Forward(FourBlocks.Input(pass, characters, episode.Queries)).Value.ToArray(), episode.Ways, episode.QueryLabels);
            pass.DiscardDeferred();
            asked += episode.Queries.Count;
        }
        return (double)right / asked;
    }
}
