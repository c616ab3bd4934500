using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.FewShot;

/// <summary>The network of few-shot learning on Omniglot (Vinyals et al. 2016): four blocks of a 3 x 3 convolution, batch norm, rectified linear units and pooling, 64 channels
/// each: [N, 1, 28, 28] to 64 features, with a head for as many classes as an episode has where it learns by steps.</summary>
internal sealed class FourBlocks : ImageModel
{
    private const int Channels = 64;

    public FourBlocks(int ways, ulong seed) : base("four-blocks")
    {
        Seed = seed;
        for (int block = 0; block < 4; block++)
            AddStage($"block{block + 1}", new Sequential(
                new Conv2d(block == 0 ? 1 : Channels, Channels, kernel: 3, padding: 1), new BatchNorm2d(Channels) { Policy = BatchNormPolicy.AlwaysBatchStatistics },
                new ActivationLayer(Activation.Relu), new MaxPool2d(2)));
        AddStage("head", new Linear(Channels, ways));
    }

    /// <summary>Some drawings as an input.</summary>
    /// <param name="pass">The run.</param>
    /// <param name="characters">What they are of.</param>
    /// <param name="drawings">Which.</param>
    /// <param name="varied">What is made of each before, with its place; null for nothing.</param>
    public static Variable Input(Pass pass, Characters characters, IReadOnlyList<int> drawings, Func<float[], int, float[]>? varied = null)
    {
        var pixels = new float[drawings.Count * Characters.Side * Characters.Side];
        for (int i = 0; i < drawings.Count; i++) (varied?.Invoke(characters.Images[drawings[i]], i) ?? characters.Images[drawings[i]]).CopyTo(pixels, i * Characters.Side * Characters.Side);
        return pass.Constant(pass.ChannelsLast(pass.Upload<float>([drawings.Count, 1, Characters.Side, Characters.Side], pixels)));
    }
}
