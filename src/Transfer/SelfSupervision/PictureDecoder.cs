using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Paints a picture from features: a linear map to a small picture of many channels, which is doubled and convolved until it is large enough.</summary>
internal sealed class PictureDecoder : Module
{
    private const int Smallest = 4, Narrowest = 16, Widest = 128, Colours = 3;

    private readonly ImageSize size, start;
    private readonly Linear spread;
    private readonly (Conv2d Convolution, BatchNorm2d Norm)[] steps;
    private readonly Conv2d last;

    public PictureDecoder(int features, ImageSize size)
    {
        this.size = size;
        int doublings = 0;
        while (Math.Min(size.Height, size.Width) >> (doublings + 1) >= Smallest) doublings++;
        int whole = 1 << doublings;
        start = new ImageSize((size.Height + whole - 1) / whole, (size.Width + whole - 1) / whole);
        spread = Add("spread", new Linear(features, WidthAt(doublings) * start.Height * start.Width));
        steps = [.. Enumerable.Range(0, doublings).Select(step =>
        {
            string key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"step{step}");
            int left = doublings - step;
            return (Add($"{key}.conv", new Conv2d(WidthAt(left), WidthAt(left - 1), 3, padding: 1, hasBias: false)),
                Add($"{key}.norm", new BatchNorm2d(WidthAt(left - 1)) { Policy = BatchNormPolicy.AlwaysBatchStatistics }));
        })];
        last = Add("last", new Conv2d(WidthAt(0), Colours, 3, padding: 1));
    }

    /// <summary>How many numbers a picture has.</summary>
    public int Numbers => Colours * size.Height * size.Width;

    /// <summary>[n, features] to [n, 3, H, W].</summary>
    public Variable Forward(Variable features)
    {
        int n = features.Shape[0];
        var map = spread.Forward(features, Activation.Relu).Reshape([n, spread.Outputs / (start.Height * start.Width), start.Height, start.Width]);
        foreach (var (convolution, norm) in steps) map = norm.Forward(convolution.Forward(Doubled(map)), Activation.Relu);
        return last.Forward(map).Slice(2, 0, size.Height).Slice(3, 0, size.Width);
    }

    private static int WidthAt(int doublingsLeft) => Math.Min(Widest, Narrowest << doublingsLeft);

    /// <summary>Each pixel four times.</summary>
    private static Variable Doubled(Variable map)
    {
        int n = map.Shape[0], channels = map.Shape[1], height = map.Shape[2], width = map.Shape[3];
        return map.Reshape([n, channels, height, 1, width, 1]).Expand([n, channels, height, 2, width, 2]).Reshape([n, channels, 2 * height, 2 * width]);
    }
}
