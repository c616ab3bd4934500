namespace Graft.Peers;

/// <summary>What is done with a network.</summary>
internal enum ResNetTask
{
    /// <summary>Forward alone.</summary>
    Evaluate,

    /// <summary>Forward, cross-entropy, backward and SGD with momentum over every parameter.</summary>
    Train,

    /// <summary>The same where only the last layer learns and batch norms use their stored statistics.</summary>
    TrainHead,
}

/// <summary>The layout of a ResNet of torchvision: what a peer is built from, and what the arithmetic is counted from.</summary>
/// <param name="Bottleneck">Whether a block is 1x1, 3x3, 1x1 (with four times as many outputs) and not 3x3, 3x3.</param>
/// <param name="Blocks">The number of blocks of each stage.</param>
internal sealed record ResNetShape(bool Bottleneck, IReadOnlyList<int> Blocks)
{
    public const int ImageSize = 224;
    public const int Classes = 1000;

    public int Expansion => Bottleneck ? 4 : 1;

    public static ResNetShape Of(string architecture) => architecture switch
    {
        "resnet18" => new ResNetShape(Bottleneck: false, [2, 2, 2, 2]),
        "resnet50" => new ResNetShape(Bottleneck: true, [3, 4, 6, 3]),
        _ => throw new ArgumentException($"no peer has the layout of '{architecture}'"),
    };

    /// <summary>The operations of a batch in convolutions and the last layer: what is left over is a percent. A backward costs twice
    /// its forward, except that the images themselves want no gradient; of a frozen trunk it costs nothing.</summary>
    public double Operations(int batch, ResNetTask task)
    {
        double stem = Convolution(3, 64, kernel: 7, outputSize: ImageSize / 2), forward = stem;
        int inputs = 64, size = ImageSize / 4;
        for (int stage = 0; stage < Blocks.Count; stage++)
        {
            int planes = 64 << stage, outputs = planes * Expansion;
            for (int block = 0; block < Blocks[stage]; block++)
            {
                int before = size;
                if (stage > 0 && block == 0) size /= 2;
                if (Bottleneck)
                {
                    forward += Convolution(inputs, planes, kernel: 1, before) + Convolution(planes, planes, kernel: 3, size);
                    forward += Convolution(planes, outputs, kernel: 1, size);
                }
                else
                {
                    forward += Convolution(inputs, planes, kernel: 3, size) + Convolution(planes, planes, kernel: 3, size);
                }
                if (inputs != outputs || before != size) forward += Convolution(inputs, outputs, kernel: 1, size);
                inputs = outputs;
            }
        }
        double head = 2.0 * inputs * Classes;
        forward += head;
        return batch * task switch
        {
            ResNetTask.Evaluate => forward,
            ResNetTask.Train => 3 * forward - stem,
            _ => forward + head,
        };
    }

    private static double Convolution(int inputs, int outputs, int kernel, int outputSize) =>
        2.0 * inputs * outputs * kernel * kernel * outputSize * outputSize;
}
