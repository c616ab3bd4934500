using Graft.Autograd;

namespace Graft.Models;

/// <summary>The four blocks of few-shot learning (Vinyals et al. 2016; "Conv-4"): a 3 x 3 convolution to 64 channels, batch norm, rectified linear units and pooling each, and all
/// that is left of the map as features. The names of its parameters are those of the sequential blocks (<c>block1.0.weight</c>).</summary>
public sealed class Conv4 : ImageModel
{
    private const int Blocks = 4, Channels = 64;

    private readonly ImageSize size;

    internal Conv4(string name, ImageSize size, int classes) : base(name)
    {
        this.size = size;
        for (int block = 1; block <= Blocks; block++)
        {
            AddStage($"block{block}", new Sequential(
                new Conv2d(block == 1 ? 3 : Channels, Channels, kernel: 3, padding: 1), new BatchNorm2d(Channels), new ActivationLayer(Activation.Relu), new MaxPool2d(2)));
        }
        AddStage("head", new Linear(Channels * (size.Height >> Blocks) * (size.Width >> Blocks), classes));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        // mini-ImageNet's size and training classes, and Omniglot's characters with their turns; the blocks have 113,088 parameters as published, the head the rest
        ["conv4"] = Row(84, 64, 215_552, ImagePreprocessing.ImageNet with { ResizeShorterSide = 92, CropSize = new ImageSize(84, 84) }),
        ["conv4-28"] = Row(28, 4800, 425_088, new ImagePreprocessing { ResizeTo = new ImageSize(28, 28), Mean = new RgbValues(0, 0, 0), StandardDeviation = new RgbValues(1, 1, 1) }),
    };

    /// <inheritdoc/>
    public override ImageSize? InputSize => size;

    /// <inheritdoc/>
    protected override Variable Pool(Variable map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Flatten(1, -1);
    }

    private static ModelRegistration Row(int side, int classes, long parameters, ImagePreprocessing preprocessing) =>
        new(new PretrainedInfo(preprocessing, classes) { Parameters = parameters }, (name, labels, seed) => new Conv4(name, new ImageSize(side, side), labels) { Seed = seed });
}
